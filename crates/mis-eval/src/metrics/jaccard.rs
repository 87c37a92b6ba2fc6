//! Intersection over union.

use crate::metrics::count_metric::ratio;
use crate::{CountMetric, Counts};

/// Intersection over union: TP / (TP + FP + FN), from 0 to 1 (Jaccard 1912).
///
/// Undefined where the class is in neither label map, 0 where it is in one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jaccard;

impl CountMetric for Jaccard {
    const NAME: &'static str = "jaccard";
    const CONVENTION: &'static str = "undefined where both masks are empty, 0 where one is (nnU-Net)";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        ratio(counts.true_positives, counts.n_prediction() + counts.false_negatives)
    }
}
