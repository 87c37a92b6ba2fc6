//! The largest distance between two surfaces, and the largest but for outliers.

use mis_core::LabelMap;

use crate::metrics::surface_distances::diagonal;
use crate::report::quantile;
use crate::{About, Better, Comparison, Metric, SurfaceDistances};

/// The largest distance in mm from an edge voxel of either mask to the nearest one of the other (Hausdorff 1914).
///
/// Undefined where the class is in neither label map; the diagonal of the lattice where it is in one of them, so that
/// a miss is never better than a hit. Undefined for background, which ends where the scan does. Edge voxels as in
/// [`SurfaceDistances`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hausdorff;

/// Hausdorff's distance without the farthest 5 % of each surface, in mm: the larger of the two directed 95th
/// percentiles, with linear interpolation, as MONAI has it.
///
/// MedPy pools both directions first, DeepMind weighs by area: the three differ, on some masks by a lot. Empty masks
/// as in [`Hausdorff`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hd95;

impl Metric for Hausdorff {
    fn name(&self) -> &str {
        "hausdorff"
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        self.score_shared(&comparison(prediction, truth), class)
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        distance_score(case, class, |distances| directed_max(distances, 1.0))
    }

    fn about(&self) -> About {
        about("edge voxels, largest distance both ways")
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
        distance_score(case, class, |distances| directed_max(distances, 0.95))
    }

    fn about(&self) -> About {
        about("edge voxels, larger of the two directed 95th percentiles (MONAI)")
    }
}

fn directed_max(distances: &SurfaceDistances, share: f64) -> f64 {
    quantile(&distances.to_truth, share).max(quantile(&distances.to_prediction, share))
}

/// Both label maps side by side, for a metric that is asked alone.
pub(crate) fn comparison<'a>(prediction: &'a LabelMap, truth: &'a LabelMap) -> Comparison<'a> {
    Comparison::new(prediction, truth, 256).expect("prediction and truth lie on one lattice")
}

/// A score of surface distances, with the convention for empty masks that all of them share. Background has none: what
/// is around the organs ends where the scan does.
pub(crate) fn distance_score(
    case: &Comparison<'_>,
    class: u8,
    score: impl FnOnce(&SurfaceDistances) -> f64,
) -> Option<f64> {
    let counts = &case.counts()[class as usize];
    match (counts.n_prediction(), counts.n_truth()) {
        _ if class == 0 => None,
        (0, 0) => None,
        (0, _) | (_, 0) => Some(diagonal(case.truth())),
        _ => case.distances(class).map(score),
    }
}

/// How to read a score of surface distances.
pub(crate) fn about(convention: &str) -> About {
    let convention =
        format!("{convention}; undefined where both masks are empty, the lattice's diagonal where one is");
    About { unit: "mm".into(), better: Better::Low, convention }
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
        assert_eq!(Hausdorff.score(&row(&prediction), &row(&truth), 1), Some(50.0));
        assert_eq!(Hd95.score(&row(&prediction), &row(&truth), 1), Some(0.0));
    }

    #[test]
    fn a_miss_costs_the_diagonal_and_nothing_at_all_is_undefined() {
        assert_eq!(Hd95.score(&row(&[0, 0, 0, 0]), &row(&[0, 1, 0, 0]), 1), Some(3.0));
        assert_eq!(Hd95.score(&row(&[0, 1, 0, 0]), &row(&[0, 0, 0, 0]), 1), Some(3.0));
        assert_eq!(Hd95.score(&row(&[0, 0]), &row(&[0, 0]), 1), None);
        assert_eq!(Hd95.score(&row(&[0, 0]), &row(&[0, 0]), 0), None);
    }
}
