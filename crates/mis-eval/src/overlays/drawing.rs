//! Slices with their labels as pixels.

use std::ops::Range;

use anyhow::Result;
use image::{Rgb, RgbImage};

use super::canvas::{LINE, Text};
use super::layer::{ERRORS, Layer};
use super::shades::Shades;
use super::{Overlay, OverlayStyle, SliceView, class_color};

/// Pixels between panels.
const GAP: usize = 4;
/// Pixels between tiles.
const TILE_GAP: usize = 14;
/// What text needs at least.
const LEAST_WIDTH: usize = 208;

/// All that the pictures of an overlay have in common.
#[derive(Debug)]
pub(super) struct Drawing<'a> {
    overlay: Overlay<'a>,
    pub(super) view: SliceView,
    panels: Vec<(&'static str, Layer<'a>)>,
    /// Width and height of a panel.
    size: [usize; 2],
    /// The voxels that each column and row of pixels stands for.
    cells: [Vec<Range<usize>>; 2],
    /// Values of each channel, k fastest.
    channels: Vec<&'a [f32]>,
    black: f32,
    to_white: f32,
    pub(super) shades: Shades,
    legend: Vec<(String, [u8; 3])>,
    /// Pixels of the letters on the first panel's edges.
    letters: Vec<(u32, u32)>,
}

impl<'a> Drawing<'a> {
    /// The drawing of an overlay with panels of a side of at most `max_side`.
    pub(super) fn new(overlay: Overlay<'a>, style: &OverlayStyle, max_side: usize) -> Result<Self> {
        overlay.check(style)?;
        let view = SliceView::of(&overlay.image.geometry(), style.slices);
        let panels = overlay.panels(style);
        let channels = overlay.channels(style, &view);
        let (black, white) = style.window.resolve(&overlay, &channels);
        let n: usize = overlay.image.shape().iter().product();
        let size = view.picture_size(max_side);
        let cells = [0, 1].map(|axis| cells(view.shape[axis], size[axis]));
        let classes = overlay.classes_shown();
        let mut legend: Vec<_> =
            classes.iter().map(|&class| (overlay.name(class), class_color(class))).collect();
        if style.errors {
            legend.extend(ERRORS.map(|(name, color)| (name.to_owned(), color)));
        }
        let shades = Shades::of_tints(legend.len().min(64), style.alpha);
        // Where a picture is all there is, nobody can say where the patient's right is.
        let letters = if view.n_slices() > 1 { edge_letters(view.plane.edges(), size)? } else { Vec::new() };
        let values = overlay.image.as_slice();
        Ok(Self {
            overlay,
            view,
            panels,
            size,
            cells,
            channels: channels.into_iter().map(|channel| &values[channel * n..][..n]).collect(),
            black,
            to_white: 1.0 / (white - black),
            shades,
            legend,
            letters,
        })
    }

    /// Width and height of a tile: a line of text, and the panels side by side.
    fn tile_size(&self) -> [usize; 2] {
        let [width, height] = self.size;
        let n = self.panels.len();
        [(n * width + (n - 1) * GAP).max(LEAST_WIDTH), LINE + height]
    }

    /// A sheet with room for tiles in so many columns and rows, between a line that says what is seen and a legend; and
    /// the place of the first tile.
    pub(super) fn sheet(&self, n_columns: usize, n_rows: usize) -> Result<(RgbImage, [usize; 2])> {
        let [width, height] = self.tile_size();
        let width = n_columns * (width + TILE_GAP) - TILE_GAP;
        let legend = Text::legend(width, &self.legend);
        let tiles = n_rows * (height + TILE_GAP) - TILE_GAP;
        let mut sheet = RgbImage::new(width as u32, (LINE + tiles + legend.height()) as u32);
        let mut head = Text::new(width, 1);
        head.write(0, 4, false, self.overlay.title);
        head.put([0, 0], &self.shades, &mut sheet)?;
        legend.put([0, LINE + tiles], &self.shades, &mut sheet)?;
        Ok((sheet, [0, LINE]))
    }

    /// The places of tiles on a sheet, row by row.
    pub(super) fn places(&self, first: [usize; 2], n_columns: usize) -> impl Iterator<Item = [usize; 2]> {
        let [width, height] = self.tile_size();
        (0..).map(move |n: usize| {
            let (row, column) = (n / n_columns, n % n_columns);
            [first[0] + column * (width + TILE_GAP), first[1] + row * (height + TILE_GAP)]
        })
    }

    /// How many columns of tiles make a sheet that is not too wide to be read.
    pub(super) fn n_columns(&self, n_tiles: usize) -> usize {
        const WIDE: usize = 1200;
        (WIDE / (self.tile_size()[0] + TILE_GAP)).clamp(1, n_tiles.max(1))
    }

    /// Draws a slice and the line above it.
    pub(super) fn draw_tile(&self, slice: usize, at: [usize; 2], sheet: &mut RgbImage) -> Result<()> {
        let width = self.tile_size()[0];
        let [left, top] = at;
        for y in 0..LINE {
            (0..width).for_each(|x| sheet.put_pixel((left + x) as u32, (top + y) as u32, Rgb([0; 3])));
        }
        let mut line = Text::new(width, 1);
        for (n, (name, _)) in self.panels.iter().enumerate() {
            line.write(0, n * (self.size[0] + GAP) + 4, false, name);
        }
        if self.view.n_slices() > 1 {
            line.write(0, width - 4, true, &self.view.slice_name(slice));
        }
        line.put(at, &self.shades, sheet)?;
        for n in 0..self.panels.len() {
            self.draw_panel(slice, n, [left + n * (self.size[0] + GAP), top + LINE], sheet);
        }
        self.draw_letters(left as u32, (top + LINE) as u32, sheet);
        Ok(())
    }

    /// White letters with a black rim, to be read on any grey.
    fn draw_letters(&self, left: u32, top: u32, sheet: &mut RgbImage) {
        for &(x, y) in &self.letters {
            for (dx, dy) in [(0, 1), (2, 1), (1, 0), (1, 2)] {
                sheet.put_pixel(
                    left + (x + dx).saturating_sub(1),
                    top + (y + dy).saturating_sub(1),
                    Rgb([0; 3]),
                );
            }
        }
        self.letters.iter().for_each(|&(x, y)| sheet.put_pixel(left + x, top + y, Rgb([255; 3])));
    }

    /// Width and height of a panel.
    pub(super) fn panel_size(&self) -> [usize; 2] {
        self.size
    }

    /// Draws a slice as one of the panels shows it.
    pub(super) fn draw_panel(&self, slice: usize, panel: usize, at: [usize; 2], sheet: &mut RgbImage) {
        let ([left, top], (_, layer)) = (at, &self.panels[panel]);
        let [columns, rows] = &self.cells;
        for (y, rows) in rows.iter().enumerate() {
            for (x, columns) in columns.iter().enumerate() {
                let offsets = || {
                    rows.clone().flat_map(move |row| {
                        columns.clone().map(move |column| self.view.offset([column, row, slice]))
                    })
                };
                let grey = |channel: &&[f32]| {
                    let (sum, n) =
                        offsets().fold((0.0, 0), |(sum, n), offset| (sum + channel[offset], n + 1));
                    let value = (sum / n as f32 - self.black) * self.to_white;
                    if value.is_nan() { 0.0 } else { value }
                };
                let color = match self.channels.as_slice() {
                    [r, g, b] => [grey(r), grey(g), grey(b)],
                    one => [grey(&one[0]); 3],
                };
                let color = match layer.of_cell(offsets()) {
                    0 => self.shades.plain(color),
                    tint => self.shades.tinted(color, layer.color(tint)),
                };
                sheet.put_pixel((left + x) as u32, (top + y) as u32, Rgb(color));
            }
        }
    }
}

impl Overlay<'_> {
    fn name(&self, class: u8) -> String {
        self.classes.get(usize::from(class)).cloned().unwrap_or_else(|| format!("class {class}"))
    }
}

/// The voxels that each of `n_pixels` stands for: one where there are as many pixels or more, else a share of all such
/// that each voxel is in one.
fn cells(n_voxels: usize, n_pixels: usize) -> Vec<Range<usize>> {
    let share = |pixel: usize| pixel * n_voxels / n_pixels;
    let cell = |pixel| {
        if n_pixels < n_voxels { share(pixel)..share(pixel + 1) } else { share(pixel)..share(pixel) + 1 }
    };
    (0..n_pixels).map(cell).collect()
}

/// The pixels of the letters at the middle of the left and of the upper edge.
fn edge_letters([left, upper]: [char; 2], [width, height]: [usize; 2]) -> Result<Vec<(u32, u32)>> {
    if width < 4 * LINE || height < 4 * LINE {
        return Ok(Vec::new());
    }
    let pixels = |letter: char| {
        let mut text = Text::new(LINE, 1);
        text.write(0, 3, false, &letter.to_string());
        text.pixels()
    };
    let (middle, center) = ((height / 2 - LINE / 2) as u32, (width / 2 - LINE / 2) as u32);
    let mut letters: Vec<_> = pixels(left)?.into_iter().map(|(x, y)| (x, y + middle)).collect();
    letters.extend(pixels(upper)?.into_iter().map(|(x, y)| (x + center, y)));
    Ok(letters)
}
