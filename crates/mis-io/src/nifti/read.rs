//! Files to volumes.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{ClassTable, LabelMap, Volume};
use ndarray::{Array3, Array4};

use super::header::NiftiHeader;
use super::labels::LabelReader;
use super::opened::{Files, Opened};
use super::voxel_type::VoxelType;
use crate::transpose::transpose;

/// Reads a scan: `.nii`, `.nii.gz`, or a pair named by its `.hdr` or its `.img` (compressed or not).
///
/// Values are scaled by `scl_slope` and `scl_inter` where the header asks for it and come as f32; NaN stays NaN.
/// Frames of a 4-D (or higher) file and the colors of RGB voxels are channels, and axes that the file lacks have
/// extent 1. The affine is the sform, else the qform, else the spacing alone, as nibabel chooses; numbers are taken
/// as millimetres whatever `xyzt_units` says, as nibabel does too.
///
/// Takes the memory of the f32 volume and of the stored voxels. A file that is no NIfTI, is broken or promises more
/// voxels than it holds is an error that names it, with what was expected and found, before memory is taken.
pub fn read_image(path: &Path) -> Result<Volume> {
    in_file(path, || {
        let file = Opened::open(path)?;
        let header = &file.header.clone();
        let [i, j, k] = header.shape();
        let n_voxels = i * j * k;
        let (stored, mut values) = file.read_into(n_voxels * header.n_channels(), 0_f32)?;
        let n_components = header.voxel_type.n_components();
        let frames = stored.voxels().chunks_exact(n_voxels * header.voxel_type.size());
        for (frame, out) in frames.zip(values.chunks_exact_mut(n_voxels * n_components)) {
            frame_values(frame, header, out);
        }
        let data = Array4::from_shape_vec((header.n_channels(), i, j, k), values)?;
        Volume::new(data, header.geometry().affine)
    })
}

/// Reads a label map, mapping raw values to class indices by the table.
///
/// Without a table the raw values must be 0 to 255 and are taken as they are. Numbers closer to an integer than
/// 0.0001 mean that integer (0.99999997 is 1). A value that no class names is an error that names the file and holds
/// an [`UnknownLabels`](mis_core::UnknownLabels) with the values and their counts.
pub fn read_labels(path: &Path, classes: Option<&ClassTable>) -> Result<LabelMap> {
    in_file(path, || {
        let file = Opened::open(path)?;
        let header = &file.header.clone();
        let n_channels = header.n_channels();
        ensure!(n_channels == 1, "expected labels with one value per voxel, found {n_channels} channels");
        let reader = LabelReader { classes, scaling: header.scaling, shape: header.shape() };
        let (stored, mut labels) = file.read_into(header.geometry().n_voxels(), 0_u8)?;
        let (raw, out) = (stored.voxels(), labels.as_mut_slice());
        match header.voxel_type {
            VoxelType::U8 => reader.read(raw, out, |b| u8::from_le_bytes(b).into()),
            VoxelType::I8 => reader.read(raw, out, |b| i8::from_le_bytes(b).into()),
            VoxelType::U16 => reader.read(raw, out, |b| u16::from_le_bytes(b).into()),
            VoxelType::I16 => reader.read(raw, out, |b| i16::from_le_bytes(b).into()),
            VoxelType::U32 => reader.read(raw, out, |b| u32::from_le_bytes(b).into()),
            VoxelType::I32 => reader.read(raw, out, |b| i32::from_le_bytes(b).into()),
            VoxelType::U64 => reader.read(raw, out, |b| u64::from_le_bytes(b) as f64),
            VoxelType::I64 => reader.read(raw, out, |b| i64::from_le_bytes(b) as f64),
            VoxelType::F32 => reader.read(raw, out, |b| f32::from_le_bytes(b).into()),
            VoxelType::F64 => reader.read(raw, out, f64::from_le_bytes),
            VoxelType::Rgb | VoxelType::Rgba => bail!("expected label values, found colors"),
        }?;
        LabelMap::new(Array3::from_shape_vec(header.shape(), labels)?, header.geometry().affine)
    })
}

/// Reads the header alone: of a compressed file only the first bytes are inflated.
pub fn read_header(path: &Path) -> Result<NiftiHeader> {
    in_file(path, || Files::of(path)?.header())
}

/// Whether a file's name is one that [`read_image`] takes.
#[must_use]
pub fn is_nifti(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    [".nii", ".hdr", ".img"].iter().any(|ending| name.ends_with(ending))
}

fn in_file<T>(path: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    work().with_context(|| path.display().to_string())
}

/// One frame's values, colors as channels.
fn frame_values(raw: &[u8], header: &NiftiHeader, out: &mut [f32]) {
    let frame = Frame { raw, shape: header.shape(), scaling: header.scaling };
    match header.voxel_type {
        VoxelType::U8 => frame.values(out, |b| u8::from_le_bytes(b).into()),
        VoxelType::I8 => frame.values(out, |b| i8::from_le_bytes(b).into()),
        VoxelType::U16 => frame.values(out, |b| u16::from_le_bytes(b).into()),
        VoxelType::I16 => frame.values(out, |b| i16::from_le_bytes(b).into()),
        VoxelType::U32 => frame.values(out, |b| u32::from_le_bytes(b).into()),
        VoxelType::I32 => frame.values(out, |b| i32::from_le_bytes(b).into()),
        VoxelType::U64 => frame.values(out, |b| u64::from_le_bytes(b) as f64),
        VoxelType::I64 => frame.values(out, |b| i64::from_le_bytes(b) as f64),
        VoxelType::F32 => frame.values(out, |b| f32::from_le_bytes(b).into()),
        VoxelType::F64 => frame.values(out, f64::from_le_bytes),
        VoxelType::Rgb => frame.colors::<3>(out),
        VoxelType::Rgba => frame.colors::<4>(out),
    }
}

struct Frame<'a> {
    raw: &'a [u8],
    shape: [usize; 3],
    scaling: Option<(f64, f64)>,
}

impl Frame<'_> {
    fn values<const N: usize>(&self, out: &mut [f32], number: impl Fn([u8; N]) -> f64 + Sync) {
        let (voxels, _) = self.raw.as_chunks::<N>();
        match self.scaling {
            None => transpose(voxels, self.shape, out, |voxel| number(voxel) as f32),
            Some((slope, inter)) => {
                transpose(voxels, self.shape, out, |voxel| (number(voxel) * slope + inter) as f32);
            }
        }
    }

    fn colors<const N: usize>(&self, out: &mut [f32]) {
        let (voxels, _) = self.raw.as_chunks::<N>();
        for (color, out) in out.chunks_exact_mut(voxels.len()).enumerate() {
            transpose(voxels, self.shape, out, |voxel| f32::from(voxel[color]));
        }
    }
}
