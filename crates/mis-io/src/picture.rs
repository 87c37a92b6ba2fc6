//! Two-dimensional images: PNG, JPEG, TIFF and BMP.
//!
//! An image is a volume with `k == 1`, rows along i and columns along j, as arrays of pixels have them. Its pixels are
//! 1 mm apart, since such files do not say otherwise in a way that can be relied upon, and it lies as an axial slice that
//! a radiologist sees upright: rows run to the back, columns to the patient's left.

use std::fs::{self, File};
use std::io::{Cursor, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits};
use mis_core::{Affine, ClassTable, Geometry, LabelMap, Volume, write_atomically};
use ndarray::{Array3, Array4};

/// Endings of the files that are read, in lower case.
pub const ENDINGS: [&str; 6] = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"];

/// Compressed bytes become at most so many times as many: what a header promises beyond it is refused.
const LARGEST_RATIO: u64 = 2000;

/// Whether a file's name is one that [`read_image`] takes.
#[must_use]
pub fn is_picture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Reads an image: grey is one channel, RGB three. Values are the stored numbers, 0 to 255 or to 65535. An alpha channel
/// that hides nothing is left out; one that does is the last channel.
pub fn read_image(path: &Path) -> Result<Volume> {
    in_file(path, || {
        let Decoded { shape: [rows, columns], n_channels, values, .. } = decode(path)?;
        let pixels = Array3::from_shape_vec((rows, columns, n_channels), values)?;
        let opaque = pixels.iter().skip(n_channels - 1).step_by(n_channels);
        let opaque = n_channels.is_multiple_of(2) && {
            let first = pixels[(0, 0, n_channels - 1)];
            (first == 255.0 || first == 65535.0 || first == 1.0)
                && opaque.clone().all(|&alpha| alpha == first)
        };
        let n_channels = n_channels - usize::from(opaque);
        let data = Array4::from_shape_fn((n_channels, rows, columns, 1), |(c, i, j, _)| pixels[(i, j, c)]);
        Volume::new(data, affine())
    })
}

/// Reads a mask, mapping grey values to class indices by the table; without one they are taken as they are. 1-bit masks
/// hold 0 and 1, those of 8 bits often 0 and 255: then the class's values are `[255]`. Colors are refused unless they
/// are grey, and so are JPEGs, whose values are not those that were drawn.
pub fn read_labels(path: &Path, classes: Option<&ClassTable>) -> Result<LabelMap> {
    in_file(path, || {
        let Decoded { shape: [rows, columns], n_channels, values, format } = decode(path)?;
        ensure!(format != ImageFormat::Jpeg, "expected a mask that is stored as it was drawn, found a JPEG");
        let has_alpha = n_channels.is_multiple_of(2);
        let n_colors = n_channels - usize::from(has_alpha);
        let mut raw = Vec::with_capacity(rows * columns);
        for pixel in values.chunks_exact(n_channels) {
            ensure!(
                pixel[..n_colors].iter().all(|&value| value == pixel[0]),
                "expected a mask of grey values, found the color {:?}",
                &pixel[..n_colors]
            );
            raw.push(f64::from(pixel[0]));
        }
        let labels = match classes {
            Some(classes) => classes.map(&raw)?,
            None => {
                let largest = raw.iter().copied().fold(0.0, f64::max);
                ensure!(largest <= 255.0, "expected the label values 0 to 255, found {largest}");
                raw.iter().map(|&value| value as u8).collect()
            }
        };
        let data = Array3::from_shape_vec((rows, columns, 1), labels)?;
        LabelMap::new(data, affine())
    })
}

/// Shape and place of an image, from its first bytes.
pub fn read_geometry(path: &Path) -> Result<Geometry> {
    in_file(path, || {
        let reader = ImageReader::open(path)?.with_guessed_format()?;
        let (columns, rows) = reader.into_dimensions()?;
        Ok(Geometry { shape: [usize::try_from(rows)?, usize::try_from(columns)?, 1], affine: affine() })
    })
}

/// Writes a label map with `k == 1` as an 8-bit grey PNG of class indices. The file appears whole or not at all.
pub fn write_labels(path: &Path, labels: &LabelMap) -> Result<()> {
    let [rows, columns, slices] = labels.shape();
    ensure!(slices == 1, "cannot write {}: expected one slice, found {slices}", path.display());
    let mut bytes = Cursor::new(Vec::new());
    let size = || -> Result<_> { Ok((u32::try_from(columns)?, u32::try_from(rows)?)) };
    let (width, height) = size().with_context(|| format!("cannot write {}", path.display()))?;
    image::write_buffer_with_format(
        &mut bytes,
        labels.as_slice(),
        width,
        height,
        ExtendedColorType::L8,
        ImageFormat::Png,
    )
    .with_context(|| format!("cannot write {}", path.display()))?;
    write_atomically(path, |file| Ok(file.write_all(bytes.get_ref())?))
}

/// Where the pixels of an image lie.
fn affine() -> Affine {
    let rows = [[0.0, -1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
    Affine::new(rows).expect("its axes span a volume")
}

struct Decoded {
    /// Rows and columns.
    shape: [usize; 2],
    n_channels: usize,
    /// (row, column, channel)
    values: Vec<f32>,
    format: ImageFormat,
}

fn decode(path: &Path) -> Result<Decoded> {
    let len = fs::metadata(path).context("expected an image, found no file")?.len();
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    let format = reader.format().context("expected a PNG, JPEG, TIFF or BMP image")?;
    let most = len.saturating_mul(LARGEST_RATIO);
    let mut limits = Limits::default();
    limits.max_alloc = Some(most);
    reader.limits(limits);
    let decoder = reader.into_decoder()?;
    let promised = decoder.total_bytes();
    ensure!(
        promised <= most,
        "the header promises {promised} bytes, found a file of {len} bytes, which cannot hold them"
    );
    // Grey values of few bits are decoded stretched to 0 to 255.
    let n_bits = match (format, decoder.original_color_type()) {
        (ImageFormat::Png, _) => png_grey_bits(path)?,
        (_, ExtendedColorType::L1) => 1,
        (_, ExtendedColorType::L2) => 2,
        (_, ExtendedColorType::L4) => 4,
        _ => 8,
    };
    let stretch = 255.0 / ((1_u32 << n_bits) - 1) as f32;
    let image = DynamicImage::from_decoder(decoder)?;
    let color = image.color();
    let n_channels = usize::from(color.channel_count());
    let bytes = image.as_bytes();
    let values = match color.bytes_per_pixel() / color.channel_count() {
        1 => bytes.iter().map(|&value| f32::from(value) / stretch).collect(),
        2 => bytes.as_chunks().0.iter().map(|&value| u16::from_ne_bytes(value).into()).collect(),
        _ => bytes.as_chunks().0.iter().map(|&value| f32::from_ne_bytes(value)).collect(),
    };
    let shape = [usize::try_from(image.height())?, usize::try_from(image.width())?];
    Ok(Decoded { shape, n_channels, values, format })
}

/// Bits of a PNG's grey values, 8 where they are more or colors; its decoder does not say.
fn png_grey_bits(path: &Path) -> Result<u8> {
    let mut header = [0; 26];
    File::open(path)?.read_exact(&mut header)?;
    // Bit depth and color type of the first chunk.
    Ok(match header[24..] {
        [bits @ (1 | 2 | 4), 0] => bits,
        _ => 8,
    })
}

fn in_file<T>(path: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    work().with_context(|| path.display().to_string())
}
