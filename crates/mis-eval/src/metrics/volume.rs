//! How large a class is.

use mis_core::{Affine, LabelMap};

use crate::{About, Better, Comparison, Counts, Metric, count};

/// Volume of the prediction, in millilitres; 0 where nothing was predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PredictedVolume;

/// Volume of the truth, in millilitres; 0 where it lacks the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrueVolume;

/// Volume of the prediction minus volume of the truth, in millilitres; 0 is best, negative is too small.
///
/// Always defined: 0 where the class is in neither label map. Blind to position: read it beside
/// [`Dice`](crate::Dice).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VolumeDifference;

/// [`VolumeDifference`] as part of the truth's volume; 0 is best, -1 where nothing was predicted, 1 for twice the volume.
///
/// Undefined where the truth lacks the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelativeVolumeDifference;

/// A score of the volumes of a class.
trait VolumeScore {
    const NAME: &'static str;

    /// From the millilitres of prediction and truth.
    fn of_volumes(prediction: f64, truth: f64) -> Option<f64>;

    fn about_volumes() -> About;
}

impl VolumeScore for PredictedVolume {
    const NAME: &'static str = "predicted_volume";

    fn of_volumes(prediction: f64, _: f64) -> Option<f64> {
        Some(prediction)
    }

    fn about_volumes() -> About {
        About { unit: "ml".into(), better: Better::Neither, convention: "of the prediction".into() }
    }
}

impl VolumeScore for TrueVolume {
    const NAME: &'static str = "true_volume";

    fn of_volumes(_: f64, truth: f64) -> Option<f64> {
        Some(truth)
    }

    fn about_volumes() -> About {
        About { unit: "ml".into(), better: Better::Neither, convention: "of the truth".into() }
    }
}

impl VolumeScore for VolumeDifference {
    const NAME: &'static str = "volume_difference";

    fn of_volumes(prediction: f64, truth: f64) -> Option<f64> {
        Some(prediction - truth)
    }

    fn about_volumes() -> About {
        let convention = "prediction minus truth, always defined".into();
        About { unit: "ml".into(), better: Better::NearZero, convention }
    }
}

impl VolumeScore for RelativeVolumeDifference {
    const NAME: &'static str = "relative_volume_difference";

    fn of_volumes(prediction: f64, truth: f64) -> Option<f64> {
        (truth > 0.0).then(|| (prediction - truth) / truth)
    }

    fn about_volumes() -> About {
        let convention = "prediction minus truth, by truth; undefined where the truth is empty".into();
        About { unit: String::new(), better: Better::NearZero, convention }
    }
}

macro_rules! volume_metric {
    ($($metric:ident),*) => {
        $(impl Metric for $metric {
            fn name(&self) -> &str {
                Self::NAME
            }

            fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
                score::<Self>(&count(prediction, truth)[class as usize], truth.affine())
            }

            fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
                score::<Self>(&case.counts()[class as usize], case.truth().affine())
            }

            fn about(&self) -> About {
                Self::about_volumes()
            }
        })*
    };
}

volume_metric!(PredictedVolume, TrueVolume, VolumeDifference, RelativeVolumeDifference);

fn score<S: VolumeScore>(counts: &Counts, affine: Affine) -> Option<f64> {
    let millilitres = |n: u64| n as f64 * voxel_volume(affine) / 1000.0;
    S::of_volumes(millilitres(counts.n_prediction()), millilitres(counts.n_truth()))
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
    fn volumes_are_in_millilitres_and_differences_have_their_sign() {
        let map = |n| {
            let data = Array3::from_shape_fn([10, 10, 10], |(i, _, _)| u8::from(i < n));
            LabelMap::new(data, Affine::from_spacing([2.0, 2.0, 2.5])).unwrap()
        };
        let (three, four, none) = (map(3), map(4), map(0));
        assert_eq!(PredictedVolume.score(&three, &four, 1), Some(3.0));
        assert_eq!(TrueVolume.score(&three, &four, 1), Some(4.0));
        assert_eq!(VolumeDifference.score(&three, &four, 1), Some(-1.0));
        assert_eq!(RelativeVolumeDifference.score(&three, &four, 1), Some(-0.25));
        assert_eq!(VolumeDifference.score(&none, &none, 1), Some(0.0));
        assert_eq!(RelativeVolumeDifference.score(&none, &four, 1), Some(-1.0));
        assert_eq!(RelativeVolumeDifference.score(&four, &none, 1), None);
    }
}
