//! Files whose header is known and whose voxels are not read yet.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use rayon::prelude::*;

use super::gzip::{check_length, inflate, trailer_agrees};
use super::header::{NiftiHeader, is_gzip};

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
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Stored {
    pub(super) fn voxels(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

/// A file whose header has been checked against its size.
pub(super) struct Opened {
    pub(super) header: NiftiHeader,
    voxels: Packed,
}

/// Voxels that have not been read yet.
enum Packed {
    Gzip(Vec<u8>),
    Plain(File),
}

impl Opened {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let files = Files::of(path)?;
        let voxel_path = files.voxels.as_ref().unwrap_or(&files.header);
        let mut file = open(voxel_path)?;
        let gzip = match &files.voxels {
            // Bare voxels may start with any bytes.
            Some(voxels) => voxels.extension().is_some_and(|ending| ending == "gz"),
            None => starts_as_gzip(&mut file)?,
        };
        let voxels = if gzip { Packed::Gzip(fs::read(voxel_path)?) } else { Packed::Plain(file) };
        let header = match (&files.voxels, &voxels) {
            (None, Packed::Gzip(bytes)) => NiftiHeader::read(bytes.as_slice(), false)?,
            (None, Packed::Plain(file)) => NiftiHeader::read(BufReader::new(file), false)?,
            (Some(_), _) => files.header()?,
        };
        let opened = Self { header, voxels };
        let end = opened.end()?;
        match &opened.voxels {
            Packed::Gzip(bytes) => check_length(bytes, end)?,
            Packed::Plain(file) => {
                let (header, found) = (&opened.header, file.metadata()?.len());
                ensure!(
                    end as u64 <= found,
                    "expected {end} bytes for extents {:?} of {} from byte {} on, found {found}",
                    header.dims,
                    header.voxel_type,
                    header.offset
                );
            }
        }
        Ok(opened)
    }

    /// Where the voxels end, in inflated bytes.
    fn end(&self) -> Result<usize> {
        Ok(usize::try_from(self.header.offset.saturating_add(self.header.n_bytes() as u64))?)
    }

    /// The stored voxels, and memory for `n` converted ones.
    ///
    /// Inflating keeps one core busy; meanwhile another has the system hand out the pages of what comes next, which
    /// would take as long as the conversion itself.
    pub(super) fn read_into<T: Copy + Send + Sync>(&self, n: usize, zero: T) -> Result<(Stored, Vec<T>)> {
        let honest = match &self.voxels {
            Packed::Gzip(bytes) => trailer_agrees(bytes, self.end()?),
            Packed::Plain(_) => true,
        };
        let memory = || {
            let mut values = vec![zero; n];
            if honest {
                let page = 4096 / size_of::<T>();
                values.iter_mut().step_by(page).for_each(|value| *value = black_box(zero));
            }
            values
        };
        let (stored, values) = rayon::join(|| self.read(), memory);
        Ok((stored?, values))
    }

    fn read(&self) -> Result<Stored> {
        let len = self.header.n_bytes();
        let mut stored = match &self.voxels {
            Packed::Gzip(bytes) => {
                Stored { bytes: inflate(bytes, self.end()?)?, start: self.end()? - len, len }
            }
            Packed::Plain(file) => {
                let mut file = file;
                let mut bytes = vec![0; len];
                file.seek(SeekFrom::Start(self.header.offset))?;
                file.read_exact(&mut bytes)?;
                Stored { bytes, start: 0, len }
            }
        };
        if self.header.big_endian {
            let size = self.header.voxel_type.size() / self.header.voxel_type.n_components();
            let voxels = &mut stored.bytes[stored.start..];
            let swap = |part: &mut [u8]| part.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            voxels.par_chunks_mut(size << 16).for_each(swap);
        }
        Ok(stored)
    }
}

fn starts_as_gzip(file: &mut File) -> Result<bool> {
    let mut start = Vec::new();
    file.take(2).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(is_gzip(&start))
}
