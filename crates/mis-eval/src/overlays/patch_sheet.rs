//! Training patches to be looked at.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use image::RgbImage;
use image::codecs::png::PngEncoder;
use mis_core::ndarray::Array3;
use mis_core::{LabelMap, Sample, statistics, write_atomically};

use super::canvas::{LINE, Text};
use super::drawing::Drawing;
use super::{Overlay, OverlayStyle, Window};

/// The longer side in pixels of a patch's picture, at most.
const SIDE: usize = 192;
/// Pixels between patches.
const GAP: usize = 4;

/// A picture of numbered patches side by side, row by row, to see what an augmentation does: of each the slice with the
/// most foreground, the middle one where it has none, with its labels in color.
///
/// One grey window for all, from 2.5 deviations below to as many above the mean of the patches' first channels, shows
/// brightness and contrast as they are. Patches of different shape are an error.
pub fn patch_sheet(patches: &[Sample], n_columns: usize) -> Result<RgbImage> {
    ensure!(n_columns > 0, "a contact sheet must have a column, got 0");
    let Some(first) = patches.first() else { bail!("a contact sheet must show a patch, got none") };
    let shape = first.image.shape();
    if let Some(other) = patches.iter().find(|patch| patch.image.shape() != shape) {
        bail!("expected patches of shape {shape:?}, found {:?}", other.image.shape());
    }
    let n_voxels: usize = shape.iter().product();
    let greys: Vec<f32> =
        patches.iter().flat_map(|patch| &patch.image.as_slice()[..n_voxels]).copied().collect();
    let found = statistics(&greys);
    let reach = if found.sd > 0.0 { 2.5 * found.sd } else { 1.0 };
    let window = Window::Range((found.mean - reach) as f32, (found.mean + reach) as f32);
    let style = OverlayStyle { window, ..OverlayStyle::default() };

    let labels: Vec<LabelMap> = patches.iter().map(labels_or_none).collect::<Result<_>>()?;
    let overlay = |n: usize| Overlay {
        title: "",
        image: &patches[n].image,
        labels: &labels[n],
        truth: None,
        classes: &[],
    };
    let drawings: Vec<Drawing<'_>> =
        (0..patches.len()).map(|n| Drawing::new(overlay(n), &style, SIDE)).collect::<Result<_>>()?;
    let side = |axis: usize| drawings.iter().map(|drawing| drawing.panel_size()[axis]).max().unwrap_or(1);
    let [width, height] = [side(0), LINE + side(1)];
    let n_columns = n_columns.min(patches.len());
    let n_rows = patches.len().div_ceil(n_columns);
    let mut sheet =
        RgbImage::new((n_columns * (width + GAP) - GAP) as u32, (n_rows * (height + GAP) - GAP) as u32);
    for (n, drawing) in drawings.iter().enumerate() {
        let [left, top] = [n % n_columns * (width + GAP), n / n_columns * (height + GAP)];
        let mut number = Text::new(width, 1);
        number.write(0, 2, false, &(n + 1).to_string());
        number.put([left, top], &drawing.shades, &mut sheet)?;
        let foreground = drawing.view.count_by_slice(|offset| labels[n].as_slice()[offset] != 0);
        let middle = foreground.len() / 2;
        let most = (0..foreground.len())
            .fold(middle, |best, slice| if foreground[slice] > foreground[best] { slice } else { best });
        drawing.draw_panel(most, 0, [left, top + LINE], &mut sheet);
    }
    Ok(sheet)
}

/// Writes a [`patch_sheet`] as a PNG file, whole or not at all.
pub fn write_patch_sheet(path: &Path, patches: &[Sample], n_columns: usize) -> Result<()> {
    let sheet = patch_sheet(patches, n_columns)?;
    write_atomically(path, |file| Ok(sheet.write_with_encoder(PngEncoder::new(file))?))
}

fn labels_or_none(patch: &Sample) -> Result<LabelMap> {
    let none = || LabelMap::new(Array3::zeros(patch.image.shape()), patch.image.affine());
    patch.labels.clone().map_or_else(none, Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::ndarray::Array4;
    use mis_core::{Affine, Volume};

    fn patch(shape: [usize; 3]) -> Sample {
        // Rows run to the back, columns to the left, slices to the head.
        let affine =
            Affine::new([[0., -1., 0., 0.], [-1., 0., 0., 0.], [0., 0., 3., 0.], [0., 0., 0., 1.]]).unwrap();
        let [i, j, k] = shape;
        let image = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| (i * 100 + j * 10 + k) as f32);
        let mut labels = Array3::zeros(shape);
        labels[(0, 1, 3)] = 2;
        Sample {
            id: "a".into(),
            image: Volume::new(image, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    #[test]
    fn patches_stand_in_rows_with_their_labels_in_color() {
        let sheet = patch_sheet(&vec![patch([4, 5, 6]); 5], 3).unwrap();
        // 4 rows and 5 columns of 38 pixels each.
        let [width, height] = [190 + 4, LINE as u32 + 152 + 4];
        assert_eq!(sheet.dimensions(), (3 * width - 4, 2 * height - 4));
        let color = |x: u32, y: u32| sheet[(x, y)].0;
        let is_grey = |[r, g, b]: [u8; 3]| r == g && g == b;
        for (x, y) in [(0, 0), (width, 0), (2 * width, 0), (0, height), (width, height)] {
            let (x, y) = (x + 19, y + LINE as u32 + 19);
            assert!(!is_grey(color(x + 38, y)), "the labelled voxel of the patch at {x}, {y}");
            assert!(is_grey(color(x, y)) && is_grey(color(x + 76, y)) && is_grey(color(x + 38, y + 38)));
            assert!(color(x + 76, y + 76)[0] > color(x, y)[0], "brighter voxels are brighter");
        }
        assert_eq!(color(2 * width + 50, height + 80), [0; 3], "no sixth patch");
    }

    #[test]
    fn a_written_sheet_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        write_patch_sheet(&path, &[patch([4, 5, 6])], 1).unwrap();
        assert_eq!(image::open(&path).unwrap().to_rgb8(), patch_sheet(&[patch([4, 5, 6])], 1).unwrap());
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        let error = |patches: &[Sample], n_columns| patch_sheet(patches, n_columns).unwrap_err().to_string();
        assert_eq!(error(&[], 1), "a contact sheet must show a patch, got none");
        assert_eq!(error(&[patch([4, 5, 6])], 0), "a contact sheet must have a column, got 0");
        let two = [patch([4, 5, 6]), patch([4, 5, 7])];
        assert_eq!(error(&two, 2), "expected patches of shape [4, 5, 6], found [4, 5, 7]");
    }
}
