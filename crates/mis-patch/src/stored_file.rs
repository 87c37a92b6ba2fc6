//! The one form of stored images and labels: a sample, or a batch.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `MISDATA1` |
//! | 8..12 | length of the header, little-endian as all numbers |
//! | 12..16 | CRC-32 of the header |
//! | 16.. | the header, in bincode |
//! | from the next multiple of 4096 on | images, `f32`, `(batch, channel, i, j, k)`, k fastest |
//! | from the next multiple of 4096 on | labels, `u8`, `(batch, i, j, k)`, where there are any |
//!
//! Images and labels begin at a page, so that they can be mapped, and a box of them is read without the rest.

use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use memmap2::{Advice, Mmap};
use mis_core::{SharedValues, write_atomically};
use serde::{Deserialize, Serialize};

use crate::StoreKey;
use crate::disk_room::explain_full_disk;

const MAGIC: &[u8; 8] = b"MISDATA1";
/// Bytes before the header.
const PREFIX: usize = 16;
/// Where images and labels may begin: a page of memory, so that mapped values are aligned.
const PAGE: usize = 4096;
/// More than the header of any batch of sense takes.
const LONGEST_HEADER: usize = 1 << 24;

/// What a stored file says of its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// What the file is a function of.
    pub(crate) key: StoreKey,
    /// The case of each patch; one for a sample.
    pub(crate) ids: Vec<String>,
    /// `(batch, channel, i, j, k)`.
    pub(crate) shape: [usize; 5],
    /// Where a sample's voxels lie; nothing for a batch.
    pub(crate) affine: Option<[[f64; 4]; 4]>,
    /// The smallest value of each channel of a sample.
    pub(crate) minima: Vec<f32>,
    /// CRC-32 of images and labels.
    pub(crate) checksums: (u32, Option<u32>),
}

/// Writes a file in one step, or leaves nothing.
pub(crate) fn write(path: &Path, mut header: Header, images: &[f32], labels: Option<&[u8]>) -> Result<()> {
    let images = little_endian(images);
    header.checksums = (crc32fast::hash(&images), labels.map(crc32fast::hash));
    let bytes = bincode::serde::encode_to_vec(&header, bincode::config::standard())?;
    let length = u32::try_from(bytes.len()).context("the header is too long")?;
    let layout = Layout::of(&header, bytes.len())?;
    let written = write_atomically(path, |file| {
        file.write_all(MAGIC)?;
        file.write_all(&length.to_le_bytes())?;
        file.write_all(&crc32fast::hash(&bytes).to_le_bytes())?;
        file.write_all(&bytes)?;
        file.write_all(&vec![0; layout.images.start - PREFIX - bytes.len()])?;
        file.write_all(&images)?;
        if let (Some(labels), Some(at)) = (labels, &layout.labels) {
            file.write_all(&vec![0; at.start - layout.images.end])?;
            file.write_all(labels)?;
        }
        Ok(())
    });
    written.map_err(|error| explain_full_disk(error, layout.end() as u64))
}

/// A stored file, mapped: nothing of its values is read before it is looked at.
#[derive(Debug)]
pub(crate) struct StoredFile {
    pub(crate) header: Header,
    layout: Layout,
    map: Arc<Mmap>,
}

impl StoredFile {
    /// Maps a file of this key; an error says what is wrong with it.
    pub(crate) fn open(path: &Path, key: &StoreKey) -> Result<Self> {
        let open = || {
            let file = File::open(path)?;
            // SAFETY: a map must not be written to from elsewhere. Stored files appear whole under their name by a
            // rename and are never changed: they are replaced, or removed, which leaves what is mapped as it is.
            let map = unsafe { Mmap::map(&file) }?;
            Self::of(Arc::new(map), key)
        };
        open().with_context(|| format!("cannot use {}", path.display()))
    }

    fn of(map: Arc<Mmap>, key: &StoreKey) -> Result<Self> {
        let prefix = map.get(..PREFIX).filter(|prefix| prefix.starts_with(MAGIC));
        let prefix = prefix.context("expected a file of stored images, found something else")?;
        let number =
            |at: usize| u32::from_le_bytes([prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]]);
        let (length, checksum) = (number(8) as usize, number(12));
        let bytes = map.get(PREFIX..PREFIX + length).filter(|_| length <= LONGEST_HEADER);
        let bytes = bytes.context("its header is cut off")?;
        ensure!(crc32fast::hash(bytes) == checksum, "its header is damaged: the checksum differs");
        let config = bincode::config::standard().with_limit::<LONGEST_HEADER>();
        let (header, _): (Header, usize) = bincode::serde::decode_from_slice(bytes, config)?;
        ensure!(header.key == *key, "it was made from other data or settings");
        let layout = Layout::of(&header, length)?;
        ensure!(
            map.len() == layout.end(),
            "expected {} bytes, found {}: it is cut off",
            layout.end(),
            map.len()
        );
        Ok(Self { header, layout, map })
    }

    /// Reads all values once and compares their checksums.
    pub(crate) fn verify(&self) -> Result<()> {
        // A hint: where the system does not take it, reading is slower and nothing else.
        let _ = self.map.advise(Advice::Sequential);
        let of = |part: &Range<usize>| crc32fast::hash(&self.map[part.clone()]);
        let found = (of(&self.layout.images), self.layout.labels.as_ref().map(of));
        if found != self.header.checksums {
            bail!("its values are damaged: the checksum differs");
        }
        Ok(())
    }

    pub(crate) fn images(&self) -> SharedValues<f32> {
        values(MappedBytes { map: self.map.clone(), part: self.layout.images.clone() })
    }

    pub(crate) fn labels(&self) -> Option<SharedValues<u8>> {
        let part = self.layout.labels.clone()?;
        Some(Arc::new(MappedBytes { map: self.map.clone(), part }))
    }
}

/// Where images and labels lie in a file.
#[derive(Clone, Debug)]
struct Layout {
    images: Range<usize>,
    labels: Option<Range<usize>>,
}

impl Layout {
    fn of(header: &Header, header_length: usize) -> Result<Self> {
        let product =
            |sides: &[usize], size: usize| sides.iter().try_fold(size, |n, &side| n.checked_mul(side));
        let [n, _, i, j, k] = header.shape;
        let parts = || {
            let start = (PREFIX + header_length).next_multiple_of(PAGE);
            let images = start..start.checked_add(product(&header.shape, 4)?)?;
            let labels = match header.checksums.1 {
                Some(_) => {
                    let start = images.end.checked_next_multiple_of(PAGE)?;
                    Some(start..start.checked_add(product(&[n, i, j, k], 1)?)?)
                }
                None => None,
            };
            Some(Self { images, labels })
        };
        parts().with_context(|| format!("shape {:?} is larger than any file", header.shape))
    }

    fn end(&self) -> usize {
        self.labels.as_ref().map_or(self.images.end, |labels| labels.end)
    }
}

/// A part of a map as bytes, or as values on a machine whose numbers are little-endian.
struct MappedBytes {
    map: Arc<Mmap>,
    part: Range<usize>,
}

impl AsRef<[u8]> for MappedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.map[self.part.clone()]
    }
}

#[cfg(target_endian = "little")]
impl AsRef<[f32]> for MappedBytes {
    fn as_ref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.map[self.part.clone()]) // begins at a page, and holds whole values
    }
}

#[cfg(target_endian = "little")]
fn values(bytes: MappedBytes) -> SharedValues<f32> {
    Arc::new(bytes)
}

#[cfg(target_endian = "big")]
fn values(bytes: MappedBytes) -> SharedValues<f32> {
    let value = |value: &[u8]| f32::from_le_bytes([value[0], value[1], value[2], value[3]]);
    Arc::new(bytes.map[bytes.part.clone()].chunks_exact(4).map(value).collect::<Vec<f32>>())
}

#[cfg(target_endian = "little")]
fn little_endian(values: &[f32]) -> Cow<'_, [u8]> {
    bytemuck::cast_slice(values).into()
}

#[cfg(target_endian = "big")]
fn little_endian(values: &[f32]) -> Cow<'_, [u8]> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into()
}
