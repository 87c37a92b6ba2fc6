//! Reading and writing `.nii.gz`.

use std::fs;

use anyhow::Result;
use mis::io::nifti;
use sha2::{Digest as _, Sha256};

use super::case::{Case, about_image};
use super::line::Measured;
use super::timing::repeat_same;

/// From the scan's path to grey values in memory.
pub(super) fn load(case: &Case<'_>) -> Result<Measured> {
    let path = case.inputs.folder().join("kits/case_00000/imaging.nii.gz");
    let (measured, image) = repeat_same(|| nifti::read_image(&path))?;
    Ok(measured.with("stats", about_image(&image)).with("sha256_f32", sha256(image.as_slice())))
}

/// From labels in memory to a closed file, which must read back as they were.
pub(super) fn save(case: &Case<'_>) -> Result<Measured> {
    let labels = case.inputs.truth()?;
    let path = case.scratch("s_mis.nii.gz")?;
    let (measured, ()) = repeat_same(|| nifti::write_labels(&path, &labels, None))?;
    let again = nifti::read_labels(&path, None)?;
    Ok(measured
        .with("equal", again.as_slice() == labels.as_slice() && again.shape() == labels.shape())
        .with("bytes", fs::metadata(&path)?.len()))
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
