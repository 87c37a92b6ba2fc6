//! Volumes to files.

use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{LabelMap, Volume, write_atomically};
use rayon::prelude::*;

use super::fill::{byte_rows, planes};
use super::gzip::{GzipPieces, Packer};
use super::header::NiftiHeader;
use super::stretches::{Content, Stretch};
use super::voxel_type::VoxelType;

/// Writes a label map as `.nii` or `.nii.gz`, one byte per voxel, 3-D.
///
/// With a template, its place in space (sform and qform with their codes), units and description are carried over, so
/// that the map lies on the scan in every viewer; where the map lies on another lattice than the template, the map's
/// own affine is written. The file appears whole or not at all.
pub fn write_labels(path: &Path, labels: &LabelMap, template: Option<&NiftiHeader>) -> Result<()> {
    let header = NiftiHeader::for_writing(&labels.geometry(), 1, VoxelType::U8, template);
    let shape = labels.shape();
    let labels = labels.as_slice();
    let n_planes = planes_of_a_piece(size_of::<u8>(), shape[2]);
    let content = Content::of(labels, shape, n_planes);
    write(path, &header, n_planes, |_, ks, out| {
        let rows = content.rows(ks.start);
        let n_rows: usize = rows.iter().map(Range::len).sum();
        out.resize(n_rows * shape[0] * ks.len(), 0);
        byte_rows(labels, shape, ks.clone(), &rows, content.spans(ks.start), out);
        content.stretches(&rows, ks.len())
    })
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
            write_values(path, &header, values, |value| (value as $integer).to_le_bytes())
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
        VoxelType::F32 => write_values(path, &header, values, f32::to_le_bytes),
        VoxelType::F64 => write_values(path, &header, values, |value| f64::from(value).to_le_bytes()),
        VoxelType::Rgb | VoxelType::Rgba => bail!("cannot write {}: colors are read only", path.display()),
    }
}

fn write_values<const N: usize>(
    path: &Path,
    header: &NiftiHeader,
    values: &[f32],
    bytes: impl Fn(f32) -> [u8; N] + Sync,
) -> Result<()> {
    let shape = header.shape();
    let n_voxels = shape.iter().product();
    write(path, header, planes_of_a_piece(size_of::<f32>(), shape[2]), |frame, ks, out| {
        out.resize(ks.len() * shape[1] * shape[0] * N, 0);
        planes(&values[frame * n_voxels..][..n_voxels], shape, ks, out, &bytes);
        vec![Stretch::Given(out.len())]
    })
}

/// How many planes make a piece, of `nk`, where a voxel has so many bytes in memory.
///
/// Neighbors along k share a cache line: a piece takes whole ones, unless threads would be idle. It does not depend on
/// the number of threads: a file is the same to the byte wherever it is written.
fn planes_of_a_piece(source_size: usize, nk: usize) -> usize {
    (64 / source_size).min(nk.div_ceil(8)).max(1)
}

/// Writes header and voxels in pieces of `n_planes`. `fill` puts the planes of a range of k, of one frame, in a file's
/// order, and says what zeros are left out.
fn write(
    path: &Path,
    header: &NiftiHeader,
    n_planes: usize,
    fill: impl Fn(usize, Range<usize>, &mut Vec<u8>) -> Vec<Stretch> + Sync,
) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let gzip = name.ends_with(".nii.gz");
    ensure!(
        gzip || name.ends_with(".nii"),
        "expected a name ending in .nii or .nii.gz, found {}",
        path.display()
    );
    let nk = header.shape()[2];
    let pieces: Vec<_> = (0..header.n_frames())
        .flat_map(|frame| (0..nk).step_by(n_planes).map(move |k| (frame, k..(k + n_planes).min(nk))))
        .collect();
    // Memory is used again: fresh pages for every piece would cost more than compressing it.
    let used = Mutex::new(Vec::<Vec<u8>>::new());
    let reuse = || used.lock().unwrap_or_else(PoisonError::into_inner);
    let piece = |(frame, ks): &(usize, Range<usize>)| {
        let mut bytes = reuse().pop().unwrap_or_default();
        let stretches = fill(*frame, ks.clone(), &mut bytes);
        (bytes, stretches)
    };
    write_atomically(path, |out| {
        let at_once = 2 * rayon::current_num_threads();
        if gzip {
            let mut stream = GzipPieces::begin(out)?;
            // Labels are little but background, which costs nothing: there is time to look for more.
            let packer = Packer::new(if header.voxel_type == VoxelType::U8 { 6 } else { 5 });
            let head = header.to_bytes();
            stream.put(packer.pack(&head, &[Stretch::Given(head.len())])?)?;
            for pieces in pieces.chunks(at_once) {
                let packed: Vec<_> = pieces
                    .par_iter()
                    .map(|at| {
                        let (bytes, stretches) = piece(at);
                        let packed = packer.pack(&bytes, &stretches);
                        reuse().push(bytes);
                        packed
                    })
                    .collect();
                packed.into_iter().try_for_each(|packed| stream.put(packed?))?;
            }
            return stream.end(header.offset + header.n_bytes() as u64);
        }
        out.write_all(&header.to_bytes())?;
        for pieces in pieces.chunks(at_once) {
            let filled: Vec<_> = pieces.par_iter().map(piece).collect();
            for (bytes, stretches) in filled {
                let mut given = bytes.as_slice();
                for stretch in stretches {
                    match stretch {
                        Stretch::Given(n) => {
                            let (bytes, rest) = given.split_at(n);
                            out.write_all(bytes)?;
                            given = rest;
                        }
                        Stretch::Zeros(n) => {
                            io::copy(&mut io::repeat(0).take(n as u64), out)?;
                        }
                    }
                }
                reuse().push(bytes);
            }
        }
        Ok(())
    })
}
