//! How much of the truth was found.

use crate::metrics::count_metric::ratio;
use crate::{CountMetric, Counts};

/// The part of the true voxels that was found: TP / (TP + FN), from 0 to 1; also called recall.
///
/// Undefined where the truth lacks the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sensitivity;

impl CountMetric for Sensitivity {
    const NAME: &'static str = "sensitivity";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        ratio(counts.true_positives, counts.n_truth())
    }

    fn convention(&self) -> String {
        "undefined where the truth is empty".into()
    }
}
