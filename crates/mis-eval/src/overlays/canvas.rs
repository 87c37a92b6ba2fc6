//! Text and pictures on one black sheet.

use std::fmt::Write as _;

use anyhow::Result;
use image::{Rgb, RgbImage, RgbaImage};

use super::shades::Shades;
use crate::lettering::{escape, rasterize};

/// Height of a line of text in pixels.
pub(super) const LINE: usize = 16;
const FONT_SIZE: usize = 11;
/// A generous guess of a letter's width, by which lines are broken.
const LETTER: usize = 7;

/// Lines of text, light on black.
#[derive(Debug)]
pub(super) struct Text {
    width: usize,
    n_lines: usize,
    svg: String,
}

impl Text {
    pub(super) fn new(width: usize, n_lines: usize) -> Self {
        Self { width, n_lines, svg: String::new() }
    }

    /// Writes from `x` on, or up to it where `to_the_left`.
    pub(super) fn write(&mut self, line: usize, x: usize, to_the_left: bool, text: &str) {
        let anchor = if to_the_left { "end" } else { "start" };
        let _ = write!(
            self.svg,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            line * LINE + 12,
            escape(text)
        );
    }

    fn swatch(&mut self, line: usize, x: usize, [r, g, b]: [u8; 3]) {
        let _ = write!(
            self.svg,
            "<rect x=\"{x}\" y=\"{}\" width=\"9\" height=\"9\" fill=\"rgb({r},{g},{b})\"/>",
            line * LINE + 4
        );
    }

    /// Names with their colors, in as many lines as they take.
    pub(super) fn legend(width: usize, entries: &[(String, [u8; 3])]) -> Self {
        let mut text = Self::new(width, usize::from(!entries.is_empty()));
        let (mut line, mut x) = (0, 4);
        for (name, color) in entries {
            let length = 14 + name.chars().count() * LETTER + 10;
            if x > 4 && x + length > width {
                (line, x) = (line + 1, 4);
            }
            text.swatch(line, x, *color);
            text.write(line, x + 13, false, name);
            x += length;
            text.n_lines = line + 1;
        }
        text
    }

    pub(super) fn height(&self) -> usize {
        self.n_lines * LINE
    }

    /// Puts the text on a picture. Greys are those of the shades; swatches keep their color.
    pub(super) fn put(&self, at: [usize; 2], shades: &Shades, sheet: &mut RgbImage) -> Result<()> {
        if self.svg.is_empty() {
            return Ok(());
        }
        let drawn = self.rasterize()?;
        for (x, y, pixel) in drawn.enumerate_pixels() {
            let [r, g, b, a] = pixel.0;
            if a == 0 {
                continue;
            }
            let color = if r == g && g == b {
                shades.plain([f32::from(r) / 255.0 * f32::from(a) / 255.0; 3])
            } else {
                [r, g, b]
            };
            sheet.put_pixel(at[0] as u32 + x, at[1] as u32 + y, Rgb(color));
        }
        Ok(())
    }

    /// The pixels of the letters alone, for text that lies over a picture.
    pub(super) fn pixels(&self) -> Result<Vec<(u32, u32)>> {
        let drawn = self.rasterize()?;
        Ok(drawn.enumerate_pixels().filter(|(.., pixel)| pixel.0[3] > 110).map(|(x, y, _)| (x, y)).collect())
    }

    fn rasterize(&self) -> Result<RgbaImage> {
        let (width, height) = (self.width, self.height());
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"{FONT_SIZE}\" fill=\"#e0e0e0\">{}</svg>",
            self.svg
        );
        rasterize(&svg, 1.0)
    }
}
