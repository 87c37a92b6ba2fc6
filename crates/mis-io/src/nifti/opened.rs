//! Files whose header is known and whose voxels are not read yet.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use rayon::prelude::*;

use super::gzip::{check_length, inflate};
use super::header::{NiftiHeader, is_gzip};
use super::large_pages::LargePages;

/// The files that a path stands for.
pub(super) struct Files {
    header: PathBuf,
    /// The voxels, where they are in a file of their own.
    voxels: Option<PathBuf>,
}

impl Files {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        let Some(stem) = plain.strip_suffix(".hdr").or_else(|| plain.strip_suffix(".img")) else {
            return Ok(Self { header: path.to_owned(), voxels: None });
        };
        let sibling = |ending: &str| {
            let candidates = [format!("{stem}.{ending}"), format!("{stem}.{ending}.gz")];
            // The file that was named is the one that is meant, where there are two.
            let named = candidates.iter().find(|candidate| **candidate == name);
            let there = candidates.iter().find(|candidate| path.with_file_name(candidate).exists());
            match named.or(there) {
                Some(found) => Ok(path.with_file_name(found)),
                None => bail!("expected {} beside it, found neither", candidates.join(" or ")),
            }
        };
        Ok(Self { header: sibling("hdr")?, voxels: Some(sibling("img")?) })
    }

    pub(super) fn header(&self) -> Result<NiftiHeader> {
        NiftiHeader::read(BufReader::new(open(&self.header)?), self.voxels.is_some())
    }
}

fn open(path: &Path) -> Result<File> {
    match File::open(path) {
        Ok(file) if file.metadata()?.is_dir() => bail!("expected a file, found a folder"),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("expected a NIfTI file, found no file"),
        opened => Ok(opened?),
    }
}

/// The bytes of a file from some point on, voxels at `start`, little-endian.
pub(super) struct Stored {
    bytes: LargePages,
    start: usize,
    len: usize,
}

impl Stored {
    pub(super) fn voxels(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

/// Packed bytes that may stay in memory beside inflated and converted ones. Of a larger file the converted values get
/// their pages when the packed ones are gone.
const LITTLE: usize = 64 << 20;

/// A file whose header has been checked against its size.
pub(super) struct Opened {
    pub(super) header: NiftiHeader,
    file: File,
    packing: Packing,
}

/// How voxels lie in their file.
enum Packing {
    /// In a gzip stream; `honest` says that its trailer agrees with the header.
    Gzip {
        honest: bool,
    },
    Plain,
}

impl Opened {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let files = Files::of(path)?;
        let voxel_path = files.voxels.as_ref().unwrap_or(&files.header);
        let header = files.header()?;
        let mut file = open(voxel_path)?;
        let gzip = match &files.voxels {
            // Bare voxels may start with any bytes.
            Some(voxels) => voxels.extension().is_some_and(|ending| ending == "gz"),
            None => starts_as_gzip(&mut file)?,
        };
        let found = file.metadata()?.len();
        let end = end_of(&header)?;
        let packing = if gzip {
            check_length(found, end)?;
            Packing::Gzip { honest: trailer(&mut file)?.is_some_and(|trailer| trailer == end as u32) }
        } else {
            ensure!(
                end as u64 <= found,
                "expected {end} bytes for extents {:?} of {} from byte {} on, found {found}",
                header.dims,
                header.voxel_type,
                header.offset
            );
            Packing::Plain
        };
        Ok(Self { header, file, packing })
    }

    /// The stored voxels, and memory for `n` converted ones.
    ///
    /// Reading and inflating keep one core busy; meanwhile another has the system hand out the pages of what comes next,
    /// which would take as long as the conversion itself.
    pub(super) fn read_into<T: Copy + Default + Send + Sync>(
        self,
        n: usize,
        zero: T,
    ) -> Result<(Stored, Vec<T>)> {
        let Self { header, mut file, packing } = self;
        let (len, end) = (header.n_bytes(), end_of(&header)?);
        let (stored, values) = match packing {
            Packing::Gzip { honest } => {
                let (packed, bytes) = rayon::join(
                    || -> Result<_> {
                        let mut packed = LargePages::zeros(usize::try_from(file.metadata()?.len())?)?;
                        file.read_exact(&mut packed)?;
                        Ok(packed)
                    },
                    || -> Result<_> {
                        let mut bytes = LargePages::zeros(end)?;
                        in_place(&mut bytes, 0, honest);
                        Ok(bytes)
                    },
                );
                let (packed, mut bytes) = (packed?, bytes?);
                let little = packed.len() <= LITTLE;
                let (inflated, values) =
                    rayon::join(|| inflate(&packed, &mut bytes), || memory(n, zero, honest && little));
                inflated?;
                (Stored { bytes, start: end - len, len }, values)
            }
            Packing::Plain => {
                let read = || -> Result<_> {
                    let mut bytes = LargePages::zeros(len)?;
                    file.seek(SeekFrom::Start(header.offset))?;
                    file.read_exact(&mut bytes)?;
                    Ok(Stored { bytes, start: 0, len })
                };
                let (stored, values) = rayon::join(read, || memory(n, zero, true));
                (stored?, values)
            }
        };
        Ok((stored.little_endian(&header), values))
    }
}

/// Where the voxels end, in inflated bytes.
fn end_of(header: &NiftiHeader) -> Result<usize> {
    Ok(usize::try_from(header.offset.saturating_add(header.n_bytes() as u64))?)
}

/// Memory for `n` values.
fn memory<T: Copy + Default>(n: usize, zero: T, honest: bool) -> Vec<T> {
    let mut values = mis_core::zeros(n);
    in_place(&mut values, zero, honest);
    values
}

/// Has the system put the pages of zeros in place, where the file is honest about their number.
fn in_place<T: Copy>(values: &mut [T], zero: T, honest: bool) {
    if honest {
        let page = 4096 / size_of::<T>();
        values.iter_mut().step_by(page).for_each(|value| *value = black_box(zero));
    }
}

impl Stored {
    fn little_endian(mut self, header: &NiftiHeader) -> Self {
        if header.big_endian {
            let size = header.voxel_type.size() / header.voxel_type.n_components();
            let voxels = &mut self.bytes[self.start..];
            let swap = |part: &mut [u8]| part.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            voxels.par_chunks_mut(size << 16).for_each(swap);
        }
        self
    }
}

/// The last four bytes: the length of a gzip stream's last member, modulo 4 GiB.
fn trailer(file: &mut File) -> Result<Option<u32>> {
    if file.metadata()?.len() < 4 {
        return Ok(None);
    }
    let mut bytes = [0; 4];
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut bytes)?;
    file.rewind()?;
    Ok(Some(u32::from_le_bytes(bytes)))
}

fn starts_as_gzip(file: &mut File) -> Result<bool> {
    let mut start = Vec::new();
    file.take(2).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(is_gzip(&start))
}
