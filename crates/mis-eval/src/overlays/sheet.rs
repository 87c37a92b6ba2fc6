//! Overlays as one still picture.

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
        let drawing = Drawing::new(*self, style, style.tile_side, false)?;
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
        let sheet = self.sheet(style)?;
        write_atomically(path, |file| Ok(sheet.write_with_encoder(PngEncoder::new(file))?))
    }
}
