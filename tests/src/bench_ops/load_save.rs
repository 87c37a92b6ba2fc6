//! Reading and writing `.nii.gz`.

use std::fs;
use std::path::Path;

use anyhow::Result;
use mis::core::ndarray::{Array3, ArrayView3, Axis};
use mis::core::{Affine, LabelMap, Volume};
use mis::io::nifti::{self, VoxelType};
use sha2::{Digest as _, Sha256};

use super::case::{Case, about_image};
use super::line::Measured;
use super::timing::repeat_same;

/// From the scan's path to grey values in memory.
pub(super) fn load(case: &Case<'_>) -> Result<Measured> {
    load_from(&case.inputs.folder().join("kits/case_00000/imaging.nii.gz"))
}

/// The same of a scan as tall as a whole body, made of the other one's slices; its file is left for other libraries.
pub(super) fn load_tall(case: &Case<'_>) -> Result<Measured> {
    let path = case.scratch("tall.nii.gz")?;
    if !path.exists() {
        let scan = case.inputs.scan()?.image;
        let tall = Volume::new(tall(scan.data().index_axis(Axis(0), 0)).insert_axis(Axis(0)), affine())?;
        nifti::write_volume_as(&path, &tall, None, VoxelType::I16)?;
    }
    load_from(&path)
}

fn load_from(path: &Path) -> Result<Measured> {
    let (measured, image) = repeat_same(|| nifti::read_image(path))?;
    Ok(measured.with("stats", about_image(&image)).with("sha256_f32", sha256(image.as_slice())))
}

/// From labels in memory to a closed file, which must read back as they were.
pub(super) fn save(case: &Case<'_>) -> Result<Measured> {
    save_to(&case.scratch("s_mis.nii.gz")?, &case.inputs.truth()?)
}

/// The same of labels as tall as a whole body.
pub(super) fn save_tall(case: &Case<'_>) -> Result<Measured> {
    save_to(&case.scratch("tall_mis.nii.gz")?, &LabelMap::new(tall(case.inputs.truth()?.data()), affine())?)
}

fn save_to(path: &Path, labels: &LabelMap) -> Result<Measured> {
    let (measured, ()) = repeat_same(|| nifti::write_labels(path, labels, None))?;
    let again = nifti::read_labels(path, None)?;
    Ok(measured
        .with("equal", again.as_slice() == labels.as_slice() && again.shape() == labels.shape())
        .with("bytes", fs::metadata(path)?.len()))
}

/// Slices along i, stored one after the other, as planes along k: 512 × 512 × 1059 voxels, the slices again and again.
fn tall<T: Copy>(slices: ArrayView3<'_, T>) -> Array3<T> {
    let (n, i, j) = slices.dim();
    Array3::from_shape_fn((i, j, 1059), |(i, j, k)| slices[(k % n, i, j)])
}

fn affine() -> Affine {
    Affine::from_spacing([0.78, 0.78, 1.0])
}

/// The checksum of the values in little-endian order, in hexadecimal digits.
fn sha256(values: &[f32]) -> String {
    let mut hasher = Sha256::new();
    for values in values.chunks(1 << 16) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        hasher.update(bytes);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
