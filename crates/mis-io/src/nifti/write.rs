//! Volumes to files.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{LabelMap, Volume, write_atomically};

use super::gzip::deflate;
use super::header::NiftiHeader;
use super::voxel_type::VoxelType;
use crate::transpose::transpose;

/// Writes a label map as `.nii` or `.nii.gz`, one byte per voxel, 3-D.
///
/// With a template, its place in space (sform and qform with their codes), units and description are carried over, so
/// that the map lies on the scan in every viewer; where the map lies on another lattice than the template, the map's
/// own affine is written. The file appears whole or not at all.
pub fn write_labels(path: &Path, labels: &LabelMap, template: Option<&NiftiHeader>) -> Result<()> {
    let header = NiftiHeader::for_writing(&labels.geometry(), 1, VoxelType::U8, template);
    write(path, &header, labels.as_slice(), |label| [label])
}

/// Writes a volume as `.nii` or `.nii.gz` in f32, 3-D or, with several channels, 4-D; the template is used as in
/// [`write_labels`].
pub fn write_volume(path: &Path, volume: &Volume, template: Option<&NiftiHeader>) -> Result<()> {
    write_volume_as(path, volume, template, VoxelType::F32)
}

/// Writes a volume as [`write_volume`] does, in another type. An integer type must hold every value as it is: values
/// are neither rounded nor clamped, and one that does not fit is an error that names it.
pub fn write_volume_as(
    path: &Path,
    volume: &Volume,
    template: Option<&NiftiHeader>,
    voxel_type: VoxelType,
) -> Result<()> {
    let header = NiftiHeader::for_writing(&volume.geometry(), volume.n_channels(), voxel_type, template);
    let values = volume.as_slice();
    let check = |fits: &(dyn Fn(f32) -> bool + Sync)| match values.iter().find(|&&value| !fits(value)) {
        None => Ok(()),
        Some(value) => Err(anyhow::anyhow!("expected values that {voxel_type} can hold, found {value}"))
            .with_context(|| format!("cannot write {}", path.display())),
    };
    macro_rules! write_integers {
        ($integer:ty) => {{
            check(&|value| (value as $integer) as f32 == value)?;
            write(path, &header, values, |value| (value as $integer).to_le_bytes())
        }};
    }
    match voxel_type {
        VoxelType::U8 => write_integers!(u8),
        VoxelType::I8 => write_integers!(i8),
        VoxelType::U16 => write_integers!(u16),
        VoxelType::I16 => write_integers!(i16),
        VoxelType::U32 => write_integers!(u32),
        VoxelType::I32 => write_integers!(i32),
        VoxelType::U64 => write_integers!(u64),
        VoxelType::I64 => write_integers!(i64),
        VoxelType::F32 => write(path, &header, values, f32::to_le_bytes),
        VoxelType::F64 => write(path, &header, values, |value| f64::from(value).to_le_bytes()),
        VoxelType::Rgb | VoxelType::Rgba => bail!("cannot write {}: colors are read only", path.display()),
    }
}

fn write<T: Copy + Sync, const N: usize>(
    path: &Path,
    header: &NiftiHeader,
    values: &[T],
    bytes: impl Fn(T) -> [u8; N] + Sync,
) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let gzip = name.ends_with(".nii.gz");
    ensure!(
        gzip || name.ends_with(".nii"),
        "expected a name ending in .nii or .nii.gz, found {}",
        path.display()
    );
    let head = header.to_bytes();
    let start = head.len();
    let mut file = vec![0; start + values.len() * N];
    file[..start].copy_from_slice(&head);
    let [i, j, k] = header.shape();
    let n_voxels = i * j * k;
    let (voxels, _) = file[start..].as_chunks_mut::<N>();
    for (frame, out) in values.chunks_exact(n_voxels).zip(voxels.chunks_exact_mut(n_voxels)) {
        transpose(frame, [k, j, i], out, &bytes);
    }
    write_atomically(path, |out| if gzip { deflate(&file, out) } else { Ok(out.write_all(&file)?) })
}
