//! To a shape that a network can take, and back.

use anyhow::{Result, ensure};
use mis_core::{Geometry, LabelMap, Preprocess, Sample, Volume};
use ndarray::{Array3, Array4, Slice, s};
use serde::{Deserialize, Serialize};

use crate::padding::Padding;
use crate::undo::{Undo, check_shape};

/// Makes a sample large enough for a patch, and its sides multiples of what a network asks for.
///
/// Each axis is brought to at least `min_size` voxels and then up to the next multiple of `divisible_by`. Of `d` new
/// voxels `⌊d/2⌋` lie before the image. They are background in the labels. Inverted, it crops.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pad {
    /// The least number of voxels along i, j and k; 1 asks for nothing.
    #[serde(default = "ones")]
    pub min_size: [usize; 3],
    /// What the number of voxels along i, j and k is to be a multiple of; 1 asks for nothing.
    #[serde(default = "ones")]
    pub divisible_by: [usize; 3],
    /// Grey values of the new voxels; the channel's minimum if not said.
    #[serde(default)]
    pub fill: Padding,
}

fn ones() -> [usize; 3] {
    [1; 3]
}

impl Pad {
    /// To at least this many voxels along i, j and k, filled with each channel's minimum.
    #[must_use]
    pub fn min_size(min_size: [usize; 3]) -> Self {
        Self { min_size, divisible_by: ones(), fill: Padding::Minimum }
    }

    /// To multiples of these numbers along i, j and k, filled with each channel's minimum.
    #[must_use]
    pub fn divisible_by(divisible_by: [usize; 3]) -> Self {
        Self { min_size: ones(), divisible_by, fill: Padding::Minimum }
    }

    /// Says what is wrong with the sizes, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.divisible_by.iter().all(|&divisor| divisor > 0),
            "divisible-by must be positive, got {:?}",
            self.divisible_by
        );
        Ok(())
    }

    /// The lattice after padding a scan on this one.
    #[must_use]
    pub fn lattice(&self, before: &Geometry) -> Geometry {
        let shape = std::array::from_fn(|axis| {
            before.shape[axis].max(self.min_size[axis]).next_multiple_of(self.divisible_by[axis])
        });
        let low = low_side(before.shape, shape).map(|n| -(n as f64));
        Geometry { shape, affine: before.affine.moved(low, [1.0; 3]) }
    }

    pub(crate) fn undo(&self, before: &Geometry) -> Undo {
        let after = self.lattice(before).shape;
        if after == before.shape {
            return Undo::Nothing;
        }
        Undo::Shift { shift: low_side(before.shape, after).map(|n| n as isize), after }
    }
}

impl Preprocess for Pad {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        self.check()?;
        let before = sample.image.geometry();
        let after = self.lattice(&before);
        if after.shape == before.shape {
            return Ok(sample);
        }
        let low = low_side(before.shape, after.shape);
        let [i, j, k] = after.shape;
        let mut image = Array4::zeros((sample.image.n_channels(), i, j, k));
        let channels = sample.image.as_slice().chunks_exact(before.n_voxels());
        for (padded, channel) in image.outer_iter_mut().zip(channels) {
            self.fill.fill(channel, before.shape, padded, low);
        }
        let labels = sample.labels.map(|labels| {
            let mut padded = Array3::zeros(after.shape);
            let inner: [Slice; 3] =
                std::array::from_fn(|axis| Slice::from(low[axis]..low[axis] + before.shape[axis]));
            padded.slice_mut(s![inner[0], inner[1], inner[2]]).assign(&labels.data());
            LabelMap::new(padded, after.affine)
        });
        Ok(Sample { id: sample.id, image: Volume::new(image, after.affine)?, labels: labels.transpose()? })
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        check_shape(&probabilities, self.lattice(before).shape)?;
        self.undo(before).whole(probabilities, before)
    }
}

/// How many of the new voxels lie before the image.
fn low_side(before: [usize; 3], after: [usize; 3]) -> [usize; 3] {
    std::array::from_fn(|axis| (after[axis] - before[axis]) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, PatchLocation};
    use proptest::prelude::*;

    fn sample(shape: [usize; 3]) -> Sample {
        let ([n_i, n_j, n_k], affine) = (shape, Affine::from_spacing([2.0, 0.7, 1.0]));
        let data =
            Array4::from_shape_fn((2, n_i, n_j, n_k), |(c, i, j, k)| (50 * c + 25 * i + 5 * j + k) as f32);
        let labels = Array3::from_elem(shape, 3);
        Sample {
            id: "a".into(),
            image: Volume::new(data, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    #[track_caller]
    fn check_shape(step: Pad, expected: [usize; 3]) {
        let lattice = step.lattice(&sample([5, 7, 1]).image.geometry());
        assert_eq!(lattice.shape, expected);
    }

    #[test]
    fn sides_reach_the_minimum_and_then_the_next_multiple() {
        check_shape(Pad::min_size([8, 8, 1]), [8, 8, 1]);
        check_shape(Pad { divisible_by: [4, 4, 1], ..Pad::min_size([6, 6, 1]) }, [8, 8, 1]);
        check_shape(Pad::divisible_by([1, 7, 2]), [5, 7, 2]);
    }

    #[test]
    fn new_voxels_are_background_and_the_channels_minimum_or_the_chosen_value() {
        for (fill, expected) in [(Padding::Minimum, [0.0, 50.0]), (Padding::Value(-4.0), [-4.0; 2])] {
            let padded = Pad { fill, ..Pad::min_size([4, 3, 3]) }.apply(sample([3, 2, 2])).unwrap();
            let corner = |channel| padded.image.data()[(channel, 3, 2, 2)];
            assert_eq!([corner(0), corner(1)], expected);
            assert_eq!(padded.labels.unwrap().data()[(3, 2, 2)], 0);
        }
    }

    #[test]
    fn a_divisor_of_zero_is_refused() {
        let error = Pad::divisible_by([8, 0, 8]).check().unwrap_err();
        assert_eq!(error.to_string(), "divisible-by must be positive, got [8, 0, 8]");
    }

    proptest! {
        #[test]
        fn cropping_after_padding_gives_the_sample_back(
            shape in [1..6_usize, 1..6, 1..6], min_size in [0..9_usize, 0..9, 0..9],
            divisible_by in [1..5_usize, 1..5, 1..5],
        ) {
            let before = sample(shape);
            let step = Pad { min_size, divisible_by, fill: Padding::Minimum };
            let lattice = before.image.geometry();
            let padded = step.apply(before.clone()).unwrap();
            prop_assert_eq!(padded.image.geometry(), step.lattice(&lattice));
            prop_assert_eq!(padded.check_geometry(), Ok(()));
            let low = low_side(shape, padded.image.shape());
            let cut = padded.cut(&PatchLocation { start: low.map(|n| n as isize), shape });
            prop_assert_eq!(cut.labels.unwrap().into_data(), before.labels.unwrap().into_data());
            let back = step.invert(padded.image, &lattice).unwrap();
            prop_assert_eq!(back, before.image);
        }
    }
}
