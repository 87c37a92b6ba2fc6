//! How much of the prediction is right.

use crate::metrics::count_metric::ratio;
use crate::{CountMetric, Counts};

/// The part of the predicted voxels that is right: TP / (TP + FP), from 0 to 1.
///
/// Undefined where nothing was predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precision;

impl CountMetric for Precision {
    const NAME: &'static str = "precision";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        ratio(counts.true_positives, counts.n_prediction())
    }

    fn convention(&self) -> String {
        "undefined where nothing was predicted".into()
    }
}
