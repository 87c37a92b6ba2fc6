//! To the box that holds something.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Geometry, PatchLocation, Preprocess, Sample, Volume};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::over::{Kept, Over};
use crate::undo::Undo;

/// Crops to the smallest box around the voxels that count, those other than 0 in any channel if not said: an empty frame
/// around a brain costs time and says nothing.
///
/// The box is told by grey values alone, so that training and prediction see the same, and `margin` voxels wider on each
/// side as far as the image reaches. An image without such voxels stays whole. Inverted, what was cropped away is
/// background with probability 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Crop {
    /// The voxels that count.
    pub to: Over,
    /// Voxels left around the box along i, j and k.
    pub margin: [usize; 3],
}

impl Default for Crop {
    fn default() -> Self {
        Self { to: Over::NonZero, margin: [0; 3] }
    }
}

impl Crop {
    /// To the box around voxels above this value, such as −500 HU for the patient in a CT.
    #[must_use]
    pub fn above(value: f32) -> Self {
        Self { to: Over::Above(value), ..Self::default() }
    }

    /// Says what is wrong with the options, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(self.to != Over::Image, "to must name the voxels that count, such as \"non-zero\"");
        Ok(())
    }

    /// The box that is left of an image.
    #[must_use]
    pub fn location(&self, image: &Volume) -> PatchLocation {
        let shape = image.shape();
        let n: usize = shape.iter().product();
        let boxes =
            image.as_slice().chunks_exact(n).map(|channel| bounds(channel, shape, self.to.of(channel)));
        let Some([low, high]) = boxes.flatten().reduce(joined) else { return PatchLocation::whole(shape) };
        let start = [0, 1, 2].map(|axis| low[axis].saturating_sub(self.margin[axis]));
        let end = [0, 1, 2].map(|axis| high[axis].saturating_add(self.margin[axis]).min(shape[axis] - 1) + 1);
        PatchLocation {
            start: start.map(|start| start as isize),
            shape: [0, 1, 2].map(|axis| end[axis] - start[axis]),
        }
    }

    pub(crate) fn undo(before: &Geometry, after: &Geometry) -> Result<Undo> {
        let first = before.affine.index(after.affine.origin()).map(f64::round);
        let at = PatchLocation { start: first.map(|x| x as isize), shape: after.shape };
        let back = Geometry { shape: after.shape, affine: before.affine.moved(first, [1.0; 3]) };
        ensure!(
            at.inside(before.shape) && back.check_same(after).is_ok(),
            "expected probabilities on a box of the lattice before cropping, found shape {:?} at voxel {first:?} of {:?}",
            after.shape,
            before.shape
        );
        Ok(Undo::Shift { shift: at.start.map(|start| -start), after: after.shape })
    }
}

/// The first and the last index along each axis of the voxels that count.
fn bounds(values: &[f32], shape: [usize; 3], kept: Kept) -> Option<[[usize; 3]; 2]> {
    let planes = values.par_chunks_exact(shape[1] * shape[2]).enumerate();
    let boxes: Vec<_> = planes
        .map(|(i, plane)| {
            let mut found: Option<[[usize; 3]; 2]> = None;
            for (j, row) in plane.chunks_exact(shape[2]).enumerate() {
                let Some(first) = row.iter().position(|&value| kept.holds(value)) else { continue };
                let last = row.iter().rposition(|&value| kept.holds(value)).unwrap_or(first);
                let row = [[i, j, first], [i, j, last]];
                found = Some(found.map_or(row, |found| joined(found, row)));
            }
            found
        })
        .collect();
    boxes.into_iter().flatten().reduce(joined)
}

fn joined(a: [[usize; 3]; 2], b: [[usize; 3]; 2]) -> [[usize; 3]; 2] {
    [[0, 1, 2].map(|axis| a[0][axis].min(b[0][axis])), [0, 1, 2].map(|axis| a[1][axis].max(b[1][axis]))]
}

impl Preprocess for Crop {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        self.check()?;
        let at = self.location(&sample.image);
        if at.shape == sample.image.shape() { Ok(sample) } else { Ok(sample.cut(&at)) }
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        let undo = Self::undo(before, &probabilities.geometry()).context("cannot undo the crop")?;
        undo.whole(probabilities, before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, LabelMap};
    use ndarray::{Array3, Array4};
    use proptest::prelude::*;

    fn framed(shape: [usize; 3], low: [usize; 3], high: [usize; 3]) -> Sample {
        let affine =
            Affine::new([[0., 0., 0.8, 5.], [0., -0.8, 0., 6.], [-3., 0., 0., 7.], [0., 0., 0., 1.]]);
        let affine = affine.unwrap();
        let inside = |at: [usize; 3]| (0..3).all(|axis| low[axis] <= at[axis] && at[axis] <= high[axis]);
        let [i, j, k] = shape;
        // The second channel alone reaches the lower corner, the first alone the upper.
        let image = Array4::from_shape_fn((2, i, j, k), |(c, i, j, k)| {
            let at = [i, j, k];
            let only = if c == 0 { at != low || low == high } else { at == low };
            if inside(at) && only { 1.0 + (i + j + k) as f32 } else { 0.0 }
        });
        let labels = Array3::from_shape_fn(shape, |(i, j, k)| u8::from(inside([i, j, k])));
        Sample {
            id: "a".into(),
            image: Volume::new(image, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    #[test]
    fn a_margin_ends_at_the_border() {
        let sample = framed([9, 8, 7], [1, 3, 2], [4, 3, 6]);
        let at = Crop { margin: [2, 1, 0], ..Crop::default() }.location(&sample.image);
        assert_eq!(at, PatchLocation { start: [0, 2, 2], shape: [7, 3, 5] });
    }

    #[test]
    fn an_empty_image_stays_whole() {
        let mut sample = framed([3, 3, 3], [1; 3], [1; 3]);
        sample.image.as_slice_mut().fill(0.0);
        assert_eq!(Crop::default().apply(sample.clone()).unwrap(), sample);
    }

    #[test]
    fn a_box_that_is_not_of_the_scan_is_refused() {
        let sample = framed([4, 4, 4], [1; 3], [2; 3]);
        let away = Geometry { shape: [4; 3], affine: sample.image.affine().moved([50.0; 3], [1.0; 3]) };
        let error = Crop::default().invert(sample.image, &away).unwrap_err();
        assert!(
            format!("{error:#}").contains("expected probabilities on a box of the lattice before"),
            "{error:#}"
        );
    }

    proptest! {
        #[test]
        fn what_is_cropped_comes_back_as_background(
            shape in [1..7_usize, 1..7, 1..7], low in [0..7_usize, 0..7, 0..7], size in [0..7_usize, 0..7, 0..7],
        ) {
            let low = [0, 1, 2].map(|axis| low[axis] % shape[axis]);
            let high = [0, 1, 2].map(|axis| (low[axis] + size[axis]).min(shape[axis] - 1));
            let sample = framed(shape, low, high);
            let lattice = sample.image.geometry();
            let cropped = Crop::default().apply(sample.clone()).unwrap();
            prop_assert_eq!(cropped.image.shape(), [0, 1, 2].map(|axis| high[axis] + 1 - low[axis]));
            prop_assert_eq!(cropped.check_geometry(), Ok(()));
            prop_assert!(cropped.labels.as_ref().unwrap().as_slice().iter().all(|&label| label == 1));

            let [i, j, k] = cropped.image.shape();
            let sure = Array4::from_shape_fn((2, i, j, k), |(class, ..)| class as f32);
            let sure = Volume::new(sure, cropped.image.affine()).unwrap();
            let back = Crop::default().invert(sure, &lattice).unwrap();
            prop_assert_eq!(mis_core::argmax(&back), sample.labels.unwrap());
        }
    }
}
