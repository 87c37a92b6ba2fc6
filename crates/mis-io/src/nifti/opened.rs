//! Files whose header is known and whose voxels are not read yet.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use flate2::bufread::MultiGzDecoder;
use memmap2::MmapMut;
use mis_core::Pages;
use rayon::prelude::*;

use super::gunzip::{check_length, check_stream, inflate};
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

/// Some planes of a frame, first axis fastest, each number little-endian.
pub(super) struct Planes<'a> {
    pub(super) frame: usize,
    pub(super) ks: Range<usize>,
    pub(super) voxels: &'a [u8],
}

/// Bytes of planes that are read at once, where they are more than one.
const AT_ONCE: usize = 16 << 20;

/// Packed bytes that may stay in memory beside inflated and converted ones. Of a larger file the converted values get
/// their pages when the packed ones are gone.
const FEW: usize = 64 << 20;

/// A file whose header has been checked against its size.
pub(super) struct Opened {
    pub(super) header: NiftiHeader,
    path: PathBuf,
    file: File,
    packing: Packing,
}

/// How voxels lie in their file.
#[derive(Clone, Copy)]
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
        Ok(Self { header, path: voxel_path.clone(), file, packing })
    }

    /// Reads all voxels and has `take` put them among `n` values, at most `n_planes` at a time, in their order.
    ///
    /// Where a stream turns out to be of several members, `take` gets all of it again from the first plane on.
    pub(super) fn read_into<T: Copy + Default + Send>(
        mut self,
        n: usize,
        n_planes: usize,
        take: &mut (dyn FnMut(Planes<'_>, &mut [T]) + Send),
    ) -> Result<Vec<T>> {
        let offset = self.header.offset;
        match self.packing {
            Packing::Gzip { honest: true } => {
                if let Ok(values) = self.read_member(n, take) {
                    return Ok(values);
                }
            }
            Packing::Gzip { honest: false } => {}
            Packing::Plain => {
                self.file.seek(SeekFrom::Start(offset))?;
                return self.read_planes(&self.file, n, n_planes, take);
            }
        }
        // Several members, bytes behind the voxels or a broken stream: it is looked through before memory is taken.
        self.file.rewind()?;
        check_stream(BufReader::new(&self.file), end_of(&self.header)?)?;
        self.file.rewind()?;
        let mut stream = MultiGzDecoder::new(BufReader::new(&self.file));
        io::copy(&mut stream.by_ref().take(offset), &mut io::sink())?;
        self.read_planes(stream, n, n_planes, take)
    }

    /// A gzip stream of one member that ends with the voxels, as nearly all are.
    ///
    /// Inflating keeps one core busy; meanwhile another has the system hand out the pages of what comes next, which
    /// would take as long as the conversion itself.
    fn read_member<T: Copy + Default + Send>(
        &self,
        n: usize,
        take: &mut (dyn FnMut(Planes<'_>, &mut [T]) + Send),
    ) -> Result<Vec<T>> {
        let header = &self.header;
        let end = end_of(header)?;
        let packed = self.packed()?;
        let few = packed.len() <= FEW;
        let mut bytes = mis_core::zeros(end);
        let pages_of_bytes = Pages::of(&bytes);
        let values = || {
            pages_of_bytes.put_in_place();
            let values = mis_core::zeros(n);
            if few {
                Pages::of(&values).put_in_place();
            }
            values
        };
        let (inflated, mut values) = rayon::join(|| inflate(&packed, &mut bytes), values);
        inflated?;
        drop(packed);
        let voxels = &mut bytes[end - header.n_bytes()..];
        header.to_little_endian(voxels);
        let frames = voxels.chunks_exact(header.n_bytes() / header.n_frames());
        for (frame, voxels) in frames.enumerate() {
            take(Planes { frame, ks: 0..header.shape()[2], voxels }, &mut values);
        }
        Ok(values)
    }

    /// The whole file, read in parts: its memory has to be had too, which takes longer than reading. It is a mapping of
    /// its own, which the system has back as soon as it is dropped, also where the allocator keeps what is freed.
    fn packed(&self) -> Result<MmapMut> {
        const PART: usize = 4 << 20;
        let mut packed = MmapMut::map_anon(usize::try_from(self.file.metadata()?.len())?)?;
        #[cfg(target_os = "linux")]
        let _ = packed.advise(memmap2::Advice::HugePage); // a wish
        packed.par_chunks_mut(PART).enumerate().try_for_each(|(part, bytes)| {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start((part * PART) as u64))?;
            anyhow::Ok(file.read_exact(bytes)?)
        })?;
        Ok(packed)
    }

    /// Reads some planes while others are taken.
    fn read_planes<T: Copy + Default + Send>(
        &self,
        mut source: impl Read + Send,
        n: usize,
        n_planes: usize,
        take: &mut (dyn FnMut(Planes<'_>, &mut [T]) + Send),
    ) -> Result<Vec<T>> {
        let header = &self.header;
        let [ni, nj, nk] = header.shape();
        let plane = ni * nj * header.voxel_type.size();
        let n_planes = n_planes.min(AT_ONCE / plane).clamp(1, nk);
        let mut values = mis_core::zeros(n);
        let (mut filled, mut next) = (vec![0; n_planes * plane], vec![0; n_planes * plane]);
        let mut waiting: Option<(usize, Range<usize>)> = None;
        let parts = (0..header.n_frames())
            .flat_map(|frame| (0..nk).step_by(n_planes).map(move |k| (frame, k..(k + n_planes).min(nk))));
        for part in parts.map(Some).chain([None]) {
            let len = part.as_ref().map_or(0, |(_, ks)| ks.len() * plane);
            let voxels = &mut next[..len];
            let taken = waiting.take();
            let (read, ()) = rayon::join(
                || source.read_exact(voxels),
                || {
                    if let Some((frame, ks)) = taken {
                        let voxels = &filled[..ks.len() * plane];
                        take(Planes { frame, ks, voxels }, &mut values);
                    }
                },
            );
            read?;
            header.to_little_endian(voxels);
            std::mem::swap(&mut filled, &mut next);
            waiting = part;
        }
        Ok(values)
    }
}

/// Where the voxels end, in inflated bytes.
fn end_of(header: &NiftiHeader) -> Result<usize> {
    Ok(usize::try_from(header.offset.saturating_add(header.n_bytes() as u64))?)
}

impl NiftiHeader {
    /// Turns the numbers of voxels round where they are stored the other way.
    fn to_little_endian(&self, voxels: &mut [u8]) {
        if self.big_endian {
            let size = self.voxel_type.size() / self.voxel_type.n_components();
            let swap = |part: &mut [u8]| part.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            voxels.par_chunks_mut(size << 16).for_each(swap);
        }
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
