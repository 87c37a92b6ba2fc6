//! Overlays as moving pictures.

use std::path::Path;

use anyhow::{Context as _, Result};
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, Frame};
use mis_core::write_atomically;

use super::drawing::Drawing;
use super::telling_slices::slices_in_turn;
use super::{Overlay, OverlayStyle};

/// How hard the encoder looks for colors, 1 to 30, where there are more than a GIF has: in pictures that are in color.
const SPEED: i32 = 10;

impl Overlay<'_> {
    /// Writes an animated GIF through the slices, see [`OverlayStyle`]; gives the number of its frames.
    ///
    /// Frames are drawn and written one after the other: memory does not grow with their number.
    pub fn write_gif(&self, style: &OverlayStyle, path: &Path) -> Result<usize> {
        let drawing = Drawing::new(*self, style, style.max_side)?;
        let labelled = drawing.view.count_by_slice(|offset| self.is_labelled(offset));
        let slices = slices_in_turn(&labelled, style.max_frames);
        let (sheet, at) = drawing.sheet(1, 1)?;
        write_atomically(path, |file| {
            let mut gif = GifEncoder::new_with_speed(file, SPEED);
            gif.set_repeat(Repeat::Infinite)?;
            for &slice in &slices {
                let mut sheet = sheet.clone();
                drawing.draw_tile(slice, at, &mut sheet)?;
                let delay = Delay::from_numer_denom_ms(style.frame_ms, 1);
                let pixels = DynamicImage::ImageRgb8(sheet).into_rgba8();
                gif.encode_frame(Frame::from_parts(pixels, 0, 0, delay)).context("cannot encode a frame")?;
            }
            Ok(())
        })?;
        Ok(slices.len())
    }
}
