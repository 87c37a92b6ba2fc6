//! How much too large a prediction is.

use mis_core::{Affine, LabelMap};

use crate::{About, Better, Comparison, Counts, Metric, count};

/// Volume of the prediction minus volume of the truth, in millilitres; 0 is best, negative is too small.
///
/// Always defined: 0 where the class is in neither label map. Blind to position: read it beside
/// [`Dice`](crate::Dice).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VolumeDifference;

impl Metric for VolumeDifference {
    fn name(&self) -> &str {
        "volume_difference"
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        Some(difference(&count(prediction, truth)[class as usize], truth.affine()))
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        Some(difference(&case.counts()[class as usize], case.truth().affine()))
    }

    fn about(&self) -> About {
        let convention = "prediction minus truth, always defined".into();
        About { unit: "ml".into(), better: Better::NearZero, convention }
    }
}

fn difference(counts: &Counts, affine: Affine) -> f64 {
    (counts.n_prediction() as f64 - counts.n_truth() as f64) * voxel_volume(affine) / 1000.0
}

/// Volume of a voxel in mm³; for sheared lattices less than the product of the spacings.
fn voxel_volume(affine: Affine) -> f64 {
    let [x, y, z, _] = affine.rows();
    let determinant = x[0] * (y[1] * z[2] - y[2] * z[1]) - x[1] * (y[0] * z[2] - y[2] * z[0])
        + x[2] * (y[0] * z[1] - y[1] * z[0]);
    determinant.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::ndarray::Array3;

    #[test]
    fn it_is_in_millilitres_with_its_sign() {
        let map = |n| {
            let data = Array3::from_shape_fn([10, 10, 10], |(i, _, _)| u8::from(i < n));
            LabelMap::new(data, Affine::from_spacing([2.0, 2.0, 2.5])).unwrap()
        };
        assert_eq!(VolumeDifference.score(&map(3), &map(4), 1), Some(-1.0));
        assert_eq!(VolumeDifference.score(&map(0), &map(0), 1), Some(0.0));
    }
}
