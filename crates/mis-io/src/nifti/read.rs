//! Files to volumes.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{ClassTable, LabelMap, Volume};
use ndarray::{Array3, Array4};

use super::header::NiftiHeader;
use super::labels::LabelReader;
use super::opened::{Files, Opened, Planes};
use super::voxel_type::VoxelType;
use crate::transpose::transpose_planes;

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
        let per_frame = i * j * k * header.voxel_type.n_components();
        let n = i * j * k * header.n_channels();
        let values = file.read_into(n, PLANES_OF_F32, &mut |planes, values| {
            let out = &mut values[planes.frame * per_frame..][..per_frame];
            Frame { planes, shape: header.shape(), scaling: header.scaling }.read(header.voxel_type, out);
        })?;
        let data = Array4::from_shape_vec((header.n_channels(), i, j, k), values)?;
        Volume::new(data, header.geometry().affine)
    })
}

/// Planes whose neighbors along k, in f32, share a line of the cache.
const PLANES_OF_F32: usize = 16;

/// The same for labels of one byte.
pub(super) const PLANES_OF_LABELS: usize = 64;

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
        let labels = match header.voxel_type {
            VoxelType::U8 => reader.read(file, |b| u8::from_le_bytes(b).into()),
            VoxelType::I8 => reader.read(file, |b| i8::from_le_bytes(b).into()),
            VoxelType::U16 => reader.read(file, |b| u16::from_le_bytes(b).into()),
            VoxelType::I16 => reader.read(file, |b| i16::from_le_bytes(b).into()),
            VoxelType::U32 => reader.read(file, |b| u32::from_le_bytes(b).into()),
            VoxelType::I32 => reader.read(file, |b| i32::from_le_bytes(b).into()),
            VoxelType::U64 => reader.read(file, |b| u64::from_le_bytes(b) as f64),
            VoxelType::I64 => reader.read(file, |b| i64::from_le_bytes(b) as f64),
            VoxelType::F32 => reader.read(file, |b| f32::from_le_bytes(b).into()),
            VoxelType::F64 => reader.read(file, f64::from_le_bytes),
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

/// Planes of a frame, on their way to its values.
struct Frame<'a> {
    planes: Planes<'a>,
    shape: [usize; 3],
    scaling: Option<(f64, f64)>,
}

impl Frame<'_> {
    /// Puts the planes among the frame's values, colors as channels.
    fn read(&self, voxel_type: VoxelType, out: &mut [f32]) {
        match voxel_type {
            VoxelType::U8 => self.values(out, |b| u8::from_le_bytes(b).into()),
            VoxelType::I8 => self.values(out, |b| i8::from_le_bytes(b).into()),
            VoxelType::U16 => self.values(out, |b| u16::from_le_bytes(b).into()),
            VoxelType::I16 => self.values(out, |b| i16::from_le_bytes(b).into()),
            VoxelType::U32 => self.values(out, |b| u32::from_le_bytes(b).into()),
            VoxelType::I32 => self.values(out, |b| i32::from_le_bytes(b).into()),
            VoxelType::U64 => self.values(out, |b| u64::from_le_bytes(b) as f64),
            VoxelType::I64 => self.values(out, |b| i64::from_le_bytes(b) as f64),
            VoxelType::F32 => self.values(out, |b| f32::from_le_bytes(b).into()),
            VoxelType::F64 => self.values(out, f64::from_le_bytes),
            VoxelType::Rgb => self.colors::<3>(out),
            VoxelType::Rgba => self.colors::<4>(out),
        }
    }

    fn values<const N: usize>(&self, out: &mut [f32], number: impl Fn([u8; N]) -> f64 + Sync) {
        match self.scaling {
            None => self.converted(out, |voxel| number(voxel) as f32),
            Some((slope, inter)) => {
                self.converted(out, |voxel| (number(voxel) * slope + inter) as f32);
            }
        }
    }

    fn colors<const N: usize>(&self, out: &mut [f32]) {
        let n_voxels: usize = self.shape.iter().product();
        for (color, out) in out.chunks_exact_mut(n_voxels).enumerate() {
            self.converted(out, |voxel: [u8; N]| f32::from(voxel[color]));
        }
    }

    fn converted<const N: usize>(&self, out: &mut [f32], convert: impl Fn([u8; N]) -> f32 + Sync) {
        let Planes { ks, voxels, .. } = &self.planes;
        transpose_planes(voxels.as_chunks::<N>().0, self.shape, ks.clone(), out, convert);
    }
}
