//! How many voxels are right.

use crate::metrics::count_metric::ratio;
use crate::{CountMetric, Counts};

/// The part of all voxels that is right about the class: (TP + TN) / all, from 0 to 1, always defined.
///
/// Near 1 for any small structure: read it beside [`Dice`](crate::Dice).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy;

impl CountMetric for Accuracy {
    const NAME: &'static str = "accuracy";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        ratio(counts.true_positives + counts.true_negatives, counts.n_voxels())
    }

    fn convention(&self) -> String {
        "always defined".into()
    }
}
