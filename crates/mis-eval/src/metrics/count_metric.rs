//! Scores that follow from voxel counts.

use std::fmt::Debug;

use mis_core::LabelMap;

use crate::{About, Comparison, Counts, Metric, count};

/// A [`Metric`] that follows from the counts of its class alone, high scores being good ones.
pub trait CountMetric: Debug + Send + Sync {
    /// What tables call it.
    const NAME: &'static str;

    /// The score of a class with these counts; none where it is undefined.
    fn score_counts(&self, counts: &Counts) -> Option<f64>;

    /// What it does with empty masks.
    fn convention(&self) -> String;
}

impl<M: CountMetric> Metric for M {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        self.score_counts(&count(prediction, truth)[class as usize])
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        self.score_counts(&case.counts()[class as usize])
    }

    fn about(&self) -> About {
        About { convention: self.convention(), ..About::default() }
    }
}

/// `part / whole`; none where the whole is nothing.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
