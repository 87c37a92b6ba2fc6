//! The stored numbers of a file.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result, bail, ensure};
use dicom_dictionary_std::{tags, uids};
use dicom_pixeldata::PixelDecoder as _;
use dicom_transfer_syntax_registry::{TransferSyntaxIndex as _, TransferSyntaxRegistry};

use super::compressed::{self, Expected};
use super::file::{DicomFile, EXPLICIT_VR_BIG_ENDIAN};
use super::frame::n_frames;
use super::run_lengths;

/// The pixels of a file as stored, with what is needed to read them.
#[derive(Debug)]
pub(super) struct Pixels<'a> {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// 1 for grey, 3 for colors.
    pub(super) n_samples: usize,
    /// Bits of a number: 1, 8, 16 or 32.
    bits: usize,
    /// Those of them that count.
    stored: u32,
    signed: bool,
    /// Whether colors lie one plane after the other.
    planar: bool,
    bytes: Cow<'a, [u8]>,
}

/// Extents of the pictures of a file: rows and columns.
pub(super) fn extents(file: &DicomFile) -> Result<[usize; 2]> {
    let extent = |tag, name| {
        file.attributes()
            .count(tag)
            .filter(|&n| n > 0)
            .with_context(|| format!("expected {name}, found none"))
    };
    Ok([extent(tags::ROWS, "Rows")?, extent(tags::COLUMNS, "Columns")?])
}

/// Compressed bytes become at most so many times as many: what a header promises beyond it is refused.
const LARGEST_RATIO: usize = 1000;

impl<'a> Pixels<'a> {
    /// The pixels of all frames, decoded where they are compressed. A transfer syntax that cannot be decoded is an error
    /// that names it.
    pub(super) fn of(file: &'a DicomFile) -> Result<Self> {
        let root = file.attributes();
        let [rows, columns] = extents(file)?;
        let bits = root.count(tags::BITS_ALLOCATED).context("expected BitsAllocated, found none")?;
        ensure!([1, 8, 16, 32].contains(&bits), "expected 1, 8, 16 or 32 bits per number, found {bits}");
        let stored = root.count(tags::BITS_STORED).unwrap_or(bits);
        ensure!((1..=bits).contains(&stored), "expected 1 to {bits} BitsStored, found {stored}");
        let high = root.count(tags::HIGH_BIT).unwrap_or(stored - 1);
        ensure!(high + 1 == stored, "expected HighBit {}, found {high}", stored - 1);
        let n_samples = root.count(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        let photometric = root.text(tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
        let grey = n_samples == 1 && photometric.starts_with("MONOCHROME");
        let rgb = n_samples == 3 && (photometric == "RGB" || photometric.starts_with("YBR_")) && bits == 8;
        ensure!(
            grey || rgb,
            "expected grey values or 8-bit RGB, found {n_samples} samples of {photometric:?} in {bits} bits"
        );
        let n_numbers = [rows, columns, n_samples, n_frames(file)]
            .iter()
            .try_fold(1_usize, |n, &more| n.checked_mul(more))
            .filter(|n| n.checked_mul(bits).is_some())
            .context("expected an image that fits an address space")?;
        let n_bytes = (n_numbers * bits).div_ceil(8);
        let element = file.get(tags::PIXEL_DATA).context("expected an image, found no PixelData")?;
        let syntax = file.transfer_syntax();
        let (bytes, planar) = match element.fragments() {
            None => {
                ensure!(
                    !(syntax == EXPLICIT_VR_BIG_ENDIAN && bits == 32),
                    "expected at most 16 bits per number in a big-endian file, found 32"
                );
                ensure!(!photometric.starts_with("YBR"), "expected colors as RGB, found {photometric}");
                (element.to_bytes()?, root.count(tags::PLANAR_CONFIGURATION) == Some(1))
            }
            Some(fragments) => {
                let packed: usize = fragments.iter().map(Vec::len).sum();
                ensure!(
                    n_bytes / LARGEST_RATIO <= packed,
                    "expected {n_bytes} bytes of pixels, found {packed} compressed bytes, which cannot hold them"
                );
                let expected = Expected { rows, columns, n_samples, bits };
                for (n, fragment) in fragments.iter().enumerate() {
                    // A frame may go on in further fragments.
                    if n == 0 || compressed::starts_frame(syntax, fragment) {
                        compressed::check(syntax, fragment, expected)?;
                    }
                }
                let decoded = if syntax == uids::RLE_LOSSLESS {
                    let mut decoded = Vec::new();
                    for fragment in fragments {
                        run_lengths::decode(fragment, expected, &mut decoded)?;
                    }
                    decoded
                } else {
                    decode(file)?
                };
                (Cow::Owned(decoded), false)
            }
        };
        ensure!(
            bytes.len() >= n_bytes,
            "expected {n_bytes} bytes of pixels ({rows} rows, {columns} columns, {} frames, {bits} bits), found {}",
            n_frames(file),
            bytes.len()
        );
        Ok(Self {
            rows,
            columns,
            n_samples,
            bits,
            stored: u32::try_from(stored)?,
            signed: root.count(tags::PIXEL_REPRESENTATION) == Some(1),
            planar,
            bytes,
        })
    }

    pub(super) fn n_pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// The numbers of one frame's color (0 for grey), row by row, through `take`.
    pub(super) fn each(&self, frame: usize, sample: usize, mut take: impl FnMut(usize, f64)) {
        let n = self.n_pixels();
        let first = frame * n * self.n_samples;
        for pixel in 0..n {
            let at = if self.planar { sample * n + pixel } else { pixel * self.n_samples + sample };
            take(pixel, self.number(first + at));
        }
    }

    fn number(&self, at: usize) -> f64 {
        let raw = match self.bits {
            1 => return f64::from(self.bytes[at / 8] >> (at % 8) & 1),
            8 => u32::from(self.bytes[at]),
            16 => u32::from(u16::from_ne_bytes([self.bytes[2 * at], self.bytes[2 * at + 1]])),
            _ => u32::from_ne_bytes(std::array::from_fn(|byte| self.bytes[4 * at + byte])),
        };
        // Bits above those stored may hold overlays.
        let unused = 32 - self.stored;
        if self.signed {
            f64::from((raw << unused).cast_signed() >> unused)
        } else {
            f64::from(raw << unused >> unused)
        }
    }
}

fn decode(file: &DicomFile) -> Result<Vec<u8>> {
    let syntax = file.transfer_syntax();
    let name = TransferSyntaxRegistry.get(syntax).map_or("unknown", |known| known.name());
    // The decoders are other projects' and meet whatever a file holds: a panic of theirs is a broken file here.
    let decoded = catch_unwind(AssertUnwindSafe(|| file.decode_pixel_data()));
    match decoded {
        Ok(Ok(pixels)) => Ok(pixels.into_data()),
        Ok(Err(error)) => {
            Err(error).with_context(|| format!("cannot decode transfer syntax {syntax} ({name})"))
        }
        Err(_) => bail!("cannot decode transfer syntax {syntax} ({name}): the compressed pixels are broken"),
    }
}
