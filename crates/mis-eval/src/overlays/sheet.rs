//! Overlays as one still picture.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use image::RgbImage;
use image::codecs::png::PngEncoder;
use mis_core::write_atomically;

use super::drawing::Drawing;
use super::telling_slices::telling_slices;
use super::{Overlay, OverlayStyle};

impl Overlay<'_> {
    /// The slices that matter side by side: those with the most errors and the most labels, see [`OverlayStyle`].
    pub fn sheet(&self, style: &OverlayStyle) -> Result<RgbImage> {
        let drawing = Drawing::new(*self, style, style.tile_side)?;
        let labelled = drawing.view.count_by_slice(|offset| self.is_labelled(offset));
        let wrong = drawing.view.count_by_slice(|offset| self.is_wrong(offset));
        let slices = telling_slices(&labelled, &wrong, style.tiles);
        let n_columns = drawing.n_columns(slices.len());
        let (mut sheet, first) = drawing.sheet(n_columns, slices.len().div_ceil(n_columns))?;
        for (&slice, at) in slices.iter().zip(drawing.places(first, n_columns)) {
            drawing.draw_tile(slice, at, &mut sheet)?;
        }
        Ok(sheet)
    }

    /// Writes the [`sheet`](Self::sheet) as a PNG.
    pub fn write_sheet(&self, style: &OverlayStyle, path: &Path) -> Result<()> {
        let bytes = png(&self.sheet(style)?)?;
        write_atomically(path, |file| Ok(file.write_all(&bytes)?))
    }
}

/// A picture as PNG, by a table of its colors where they are at most 256: noise is a third as large as in full color.
pub(crate) fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut table: BTreeMap<[u8; 3], u8> = BTreeMap::new();
    let mut places = Vec::with_capacity(picture.len() / 3);
    for pixel in picture.pixels() {
        let next = u8::try_from(table.len());
        let place = match (table.get(&pixel.0), next) {
            (Some(&known), _) => known,
            (None, Ok(next)) => *table.entry(pixel.0).or_insert(next),
            (None, Err(_)) => {
                picture.write_with_encoder(PngEncoder::new(&mut bytes))?;
                return Ok(bytes);
            }
        };
        places.push(place);
    }
    let mut colors = vec![[0; 3]; table.len()];
    table.into_iter().for_each(|(color, place)| colors[usize::from(place)] = color);
    let mut encoder = png::Encoder::new(&mut bytes, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(colors.into_flattened());
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header()?.write_image_data(&places)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_few_and_of_many_colors_read_back_as_they_are() {
        for n_colors in [1, 200, 256, 257, 5000] {
            let picture = RgbImage::from_fn(97, 61, |x, y| {
                let n = (x + 97 * y) % n_colors;
                image::Rgb([n as u8, (n >> 8) as u8, 7])
            });
            let bytes = png(&picture).unwrap();
            assert_eq!(image::load_from_memory(&bytes).unwrap().to_rgb8(), picture, "{n_colors} colors");
        }
    }
}
