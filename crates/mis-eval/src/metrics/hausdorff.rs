//! The largest distance between two surfaces, and the largest but for outliers.

use mis_core::LabelMap;
use serde::{Deserialize, Serialize};

use crate::metrics::policy::Distance;
use crate::metrics::surface_score::{Surface, about, comparison, surface_score};
use crate::report::quantile;
use crate::{About, Comparison, Metric, Policy};

/// The largest distance in mm from the surface of either mask to the nearest point of the other's (Hausdorff 1914).
///
/// The policy says what a surface is and what an empty mask scores. Undefined for background, which ends where the scan
/// does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hausdorff {
    /// Whose conventions it follows.
    pub policy: Policy,
}

/// Hausdorff's distance without the farthest 5 % of the surface, in mm.
///
/// By the policy: the larger of the two directed 95th percentiles with linear interpolation (`nnunet`, `monai`), the
/// percentile of both directions' distances together (`medpy`), or the larger directed one by area, without
/// interpolation (`deepmind`). The three differ, on some masks by a lot. Empty masks by the policy; undefined for
/// background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hd95 {
    /// Whose conventions it follows.
    pub policy: Policy,
}

impl Metric for Hausdorff {
    fn name(&self) -> &str {
        "hausdorff"
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        self.score_shared(&comparison(prediction, truth), class)
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        surface_score(case, class, self.policy, Distance::Hausdorff, |surface| {
            let last = |distances: &[f64]| distances.last().copied().unwrap_or(0.0);
            let last_area = |distances: &[(f64, f64)]| distances.last().map_or(0.0, |last| last.0);
            match surface {
                Surface::Edges(edges) => last(&edges.to_truth).max(last(&edges.to_prediction)),
                Surface::Areas(areas) => last_area(&areas.to_truth).max(last_area(&areas.to_prediction)),
            }
        })
    }

    fn about(&self) -> About {
        about(self.policy, Distance::Hausdorff, "largest distance both ways")
    }
}

impl Metric for Hd95 {
    fn name(&self) -> &str {
        "hd95"
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        self.score_shared(&comparison(prediction, truth), class)
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        surface_score(case, class, self.policy, Distance::Hd95, |surface| match surface {
            Surface::Edges(edges) if self.policy == Policy::Medpy => {
                let mut pooled = [&edges.to_truth[..], &edges.to_prediction].concat();
                pooled.sort_unstable_by(f64::total_cmp);
                quantile(&pooled, 0.95)
            }
            Surface::Edges(edges) => {
                quantile(&edges.to_truth, 0.95).max(quantile(&edges.to_prediction, 0.95))
            }
            Surface::Areas(areas) => {
                area_percentile(&areas.to_truth, 0.95).max(area_percentile(&areas.to_prediction, 0.95))
            }
        })
    }

    fn about(&self) -> About {
        let how = match self.policy {
            Policy::NnUnet | Policy::Monai => "larger of the two directed 95th percentiles",
            Policy::Medpy => "95th percentile of both directions pooled",
            Policy::Deepmind => "larger of the two directed 95th percentiles, by area",
        };
        about(self.policy, Distance::Hd95, how)
    }
}

/// The distance of the piece with which this share of the area is reached, nearest pieces first.
fn area_percentile(sorted: &[(f64, f64)], share: f64) -> f64 {
    let whole: f64 = sorted.iter().map(|piece| piece.1).sum();
    let mut area = 0.0;
    let reached = sorted.iter().find(|piece| {
        area += piece.1;
        area / whole >= share
    });
    reached.or(sorted.last()).map_or(0.0, |piece| piece.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::row;

    #[test]
    fn the_farthest_voxel_counts_fully_or_is_left_out() {
        // Edge voxels of a row: the ends of its runs, here one in a hundred far off.
        let truth: Vec<u8> = (0..200).map(|k| u8::from(k < 198 && k % 2 == 0)).collect();
        let mut prediction = truth.clone();
        prediction.extend([0; 50]);
        prediction[246] = 1;
        let truth = [truth, vec![0; 50]].concat();
        for policy in Policy::ALL {
            let score = |metric: &dyn Metric| metric.score(&row(&prediction), &row(&truth), 1);
            assert_eq!(score(&Hausdorff { policy }), Some(50.0), "{policy}");
            assert_eq!(score(&Hd95 { policy }), Some(0.0), "{policy}");
        }
    }

    #[test]
    fn one_voxel_is_its_own_surface_and_background_has_none() {
        for policy in Policy::ALL {
            assert_eq!(Hd95 { policy }.score(&row(&[1]), &row(&[1]), 1), Some(0.0), "{policy}");
            assert_eq!(Hd95 { policy }.score(&row(&[0, 1]), &row(&[0, 0]), 0), None, "{policy}");
        }
    }
}
