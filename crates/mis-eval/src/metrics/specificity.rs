//! How much of the rest was left alone.

use crate::metrics::count_metric::ratio;
use crate::{CountMetric, Counts};

/// The part of the voxels outside the class that was left alone: TN / (TN + FP), from 0 to 1.
///
/// Undefined where the truth is of the class throughout. Near 1 for any small structure: read it beside [`Dice`](crate::Dice).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Specificity;

impl CountMetric for Specificity {
    const NAME: &'static str = "specificity";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        ratio(counts.true_negatives, counts.true_negatives + counts.false_positives)
    }

    fn convention(&self) -> String {
        "undefined where the truth is of the class throughout".into()
    }
}
