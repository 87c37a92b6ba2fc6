//! Patches to be looked at.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use image::codecs::png::PngEncoder;
use image::{Rgb, RgbImage};
use mis_core::{Sample, statistics, write_atomically};

/// Pixels between tiles.
const GAP: usize = 2;
/// How much of a label's color there is over the image.
const OPACITY: f32 = 0.4;
/// Colors of the classes from 1 on: MIScnn's red and blue first.
const COLORS: [[f32; 3]; 6] = [
    [255.0, 40.0, 40.0],
    [60.0, 90.0, 255.0],
    [40.0, 200.0, 70.0],
    [250.0, 200.0, 40.0],
    [200.0, 70.0, 230.0],
    [40.0, 210.0, 220.0],
];

/// A picture of patches side by side, row by row, to see what an augmentation does: the first channel of one slice of
/// each, with its labels in color.
///
/// All show the slice with the most foreground in the first patch, the middle one where it has none, across the axis
/// with the widest spacing (k of several). One grey window for all, from 2.5 deviations below to as many above the mean,
/// shows brightness and contrast as they are. Patches of different shape are an error.
pub fn contact_sheet(patches: &[Sample], n_columns: usize) -> Result<RgbImage> {
    ensure!(n_columns > 0, "a contact sheet must have a column, got 0");
    let Some(first) = patches.first() else { bail!("a contact sheet must show a patch, got none") };
    let shape = first.image.shape();
    if let Some(other) = patches.iter().find(|patch| patch.image.shape() != shape) {
        bail!("expected patches of shape {shape:?}, found {:?}", other.image.shape());
    }
    let slice = Slice::of(first);
    let [height, width] = slice.size;
    let n_columns = n_columns.min(patches.len());
    let n_rows = patches.len().div_ceil(n_columns);
    let mut sheet =
        RgbImage::new((n_columns * (width + GAP) - GAP) as u32, (n_rows * (height + GAP) - GAP) as u32);
    let greys: Vec<f32> = patches.iter().flat_map(|patch| slice.greys(patch)).collect();
    let found = statistics(&greys);
    let (low, high) = (found.mean - 2.5 * found.sd, found.mean + 2.5 * found.sd);
    let (low, to_255) = (low as f32, 255.0 / ((high - low) as f32).max(f32::MIN_POSITIVE));
    for (n, patch) in patches.iter().enumerate() {
        let (top, left) = (n / n_columns * (height + GAP), n % n_columns * (width + GAP));
        for row in 0..height {
            for column in 0..width {
                let voxel = slice.voxel(row, column);
                let grey =
                    ((greys[n * height * width + row * width + column] - low) * to_255).clamp(0.0, 255.0);
                let label = patch.labels.as_ref().map_or(0, |labels| labels.data()[voxel]);
                let pixel = Rgb(colored(grey, label));
                sheet.put_pixel((left + column) as u32, (top + row) as u32, pixel);
            }
        }
    }
    Ok(sheet)
}

/// Writes a [`contact_sheet`] as a PNG file, whole or not at all.
pub fn write_contact_sheet(path: &Path, patches: &[Sample], n_columns: usize) -> Result<()> {
    let sheet = contact_sheet(patches, n_columns)?;
    write_atomically(path, |file| Ok(sheet.write_with_encoder(PngEncoder::new(file))?))
}

fn colored(grey: f32, label: u8) -> [u8; 3] {
    match label.checked_sub(1) {
        None => [grey as u8; 3],
        Some(class) => COLORS[usize::from(class) % COLORS.len()]
            .map(|color| (grey * (1.0 - OPACITY) + color * OPACITY) as u8),
    }
}

/// A slice of a patch.
struct Slice {
    across: usize,
    at: usize,
    /// Rows and columns.
    size: [usize; 2],
}

impl Slice {
    fn of(patch: &Sample) -> Self {
        let (shape, spacing) = (patch.image.shape(), patch.image.affine().spacing());
        let across =
            (0..3).reduce(|widest, axis| if spacing[axis] >= spacing[widest] { axis } else { widest });
        // A 2-D image is its own slice, whatever its spacing.
        let across = if shape[2] == 1 { 2 } else { across.unwrap_or(2) };
        let mut foreground = vec![0_usize; shape[across]];
        if let Some(labels) = &patch.labels {
            for ((i, j, k), &label) in labels.data().indexed_iter() {
                foreground[[i, j, k][across]] += usize::from(label != 0);
            }
        }
        let middle = shape[across] / 2;
        let at = (0..shape[across]).fold(
            middle,
            |best, at| {
                if foreground[at] > foreground[best] { at } else { best }
            },
        );
        let (rows, columns) = Self::axes(across);
        Self { across, at, size: [shape[rows], shape[columns]] }
    }

    /// The axes of rows and columns.
    fn axes(across: usize) -> (usize, usize) {
        match across {
            0 => (1, 2),
            1 => (0, 2),
            _ => (0, 1),
        }
    }

    fn voxel(&self, row: usize, column: usize) -> [usize; 3] {
        let (rows, columns) = Self::axes(self.across);
        let mut voxel = [self.at; 3];
        (voxel[rows], voxel[columns]) = (row, column);
        voxel
    }

    fn greys(&self, patch: &Sample) -> Vec<f32> {
        let data = patch.image.data();
        let [height, width] = self.size;
        let voxels = (0..height).flat_map(|row| (0..width).map(move |column| self.voxel(row, column)));
        voxels.map(|[i, j, k]| data[(0, i, j, k)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, LabelMap, Volume};
    use ndarray::{Array3, Array4};

    fn patch(shape: [usize; 3]) -> Sample {
        let affine = Affine::from_spacing([3.0, 1.0, 1.0]);
        let [i, j, k] = shape;
        let image = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| (i * 100 + j * 10 + k) as f32);
        let mut labels = Array3::zeros(shape);
        labels[(1, 0, 0)] = 2;
        Sample {
            id: "a".into(),
            image: Volume::new(image, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    #[test]
    fn tiles_stand_in_rows_with_their_labels_in_color() {
        let sheet = contact_sheet(&vec![patch([4, 5, 6]); 5], 3).unwrap();
        assert_eq!(sheet.dimensions(), (3 * 8 - 2, 2 * 7 - 2));
        let is_grey = |x: u32, y: u32| sheet[(x, y)].0[0] == sheet[(x, y)].0[2];
        for (x, y) in [(0, 0), (8, 0), (16, 0), (0, 7), (8, 7)] {
            assert!(!is_grey(x, y) && is_grey(x + 1, y + 1), "the labelled voxel of the tile at {x}, {y}");
        }
        assert_eq!(sheet[(16, 7)].0, [0; 3], "no sixth tile");
        assert!(sheet[(5, 4)].0[0] > sheet[(1, 1)].0[0], "brighter voxels are brighter");
    }

    #[test]
    fn a_written_sheet_reads_back() {
        let path = std::env::temp_dir().join(format!("mis-contact-sheet-{}.png", std::process::id()));
        write_contact_sheet(&path, &[patch([4, 5, 6])], 1).unwrap();
        let found = image::open(&path).unwrap().to_rgb8();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found, contact_sheet(&[patch([4, 5, 6])], 1).unwrap());
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        let error =
            |patches: &[Sample], n_columns| contact_sheet(patches, n_columns).unwrap_err().to_string();
        assert_eq!(error(&[], 1), "a contact sheet must show a patch, got none");
        assert_eq!(error(&[patch([4, 5, 6])], 0), "a contact sheet must have a column, got 0");
        let two = [patch([4, 5, 6]), patch([4, 5, 7])];
        assert_eq!(error(&two, 2), "expected patches of shape [4, 5, 6], found [4, 5, 7]");
    }
}
