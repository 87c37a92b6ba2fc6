//! The mean distance between two surfaces.

use mis_core::LabelMap;
use serde::{Deserialize, Serialize};

use crate::metrics::policy::Distance;
use crate::metrics::surface_score::{Surface, about, comparison, surface_score};
use crate::{About, Comparison, Metric, Policy};

/// The mean distance in mm from the surfaces of both masks to the nearest point of the other's: average symmetric
/// surface distance.
///
/// The distances of both directions are pooled, as in MONAI and MedPy; under `deepmind` it is the mean of the two
/// directed means, each by area. The policy says what a surface is and what an empty mask scores. Undefined for
/// background, which ends where the scan does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Assd {
    /// Whose conventions it follows.
    pub policy: Policy,
}

impl Metric for Assd {
    fn name(&self) -> &str {
        "assd"
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        self.score_shared(&comparison(prediction, truth), class)
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        surface_score(case, class, self.policy, Distance::Assd, |surface| match surface {
            Surface::Edges(edges) => {
                let n = edges.to_truth.len() + edges.to_prediction.len();
                edges.to_truth.iter().chain(&edges.to_prediction).sum::<f64>() / n as f64
            }
            Surface::Areas(areas) => (area_mean(&areas.to_truth) + area_mean(&areas.to_prediction)) / 2.0,
        })
    }

    fn about(&self) -> About {
        let how = if self.policy.weighs_by_area() {
            "mean of the two directed means, by area"
        } else {
            "mean of the pooled distances"
        };
        about(self.policy, Distance::Assd, how)
    }
}

fn area_mean(pieces: &[(f64, f64)]) -> f64 {
    let (sum, area) = pieces
        .iter()
        .fold((0.0, 0.0), |(sum, whole), (distance, area)| (sum + distance * area, whole + area));
    sum / area
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::row;

    #[test]
    fn both_directions_are_pooled() {
        // To the truth: 0 and 2; to the prediction: 0.
        assert_eq!(Assd::default().score(&row(&[1, 1, 1]), &row(&[1, 0, 0]), 1), Some(2.0 / 3.0));
    }
}
