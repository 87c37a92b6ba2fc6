//! The mean distance between two surfaces.

use mis_core::LabelMap;

use crate::metrics::hausdorff::{about, comparison, distance_score};
use crate::{About, Comparison, Metric};

/// The mean distance in mm from all edge voxels of both masks to the nearest one of the other: average symmetric
/// surface distance.
///
/// The distances of both directions are pooled, as in MedPy. Empty masks as in [`Hausdorff`](crate::Hausdorff), edge
/// voxels as in [`SurfaceDistances`](crate::SurfaceDistances).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assd;

impl Metric for Assd {
    fn name(&self) -> &str {
        "assd"
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        self.score_shared(&comparison(prediction, truth), class)
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        distance_score(case, class, |distances| {
            let n = distances.to_truth.len() + distances.to_prediction.len();
            distances.to_truth.iter().chain(&distances.to_prediction).sum::<f64>() / n as f64
        })
    }

    fn about(&self) -> About {
        about("edge voxels, mean of the pooled distances (MedPy)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::row;

    #[test]
    fn both_directions_are_pooled() {
        // To the truth: 0 and 2; to the prediction: 0.
        assert_eq!(Assd.score(&row(&[1, 1, 1]), &row(&[1, 0, 0]), 1), Some(2.0 / 3.0));
    }
}
