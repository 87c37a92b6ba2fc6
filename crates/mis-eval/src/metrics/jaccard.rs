//! Intersection over union.

use serde::{Deserialize, Serialize};

use crate::metrics::count_metric::ratio;
use crate::metrics::policy::{Masks, Overlap};
use crate::{CountMetric, Counts, Policy};

/// Intersection over union: TP / (TP + FP + FN), from 0 to 1 (Jaccard 1912); of empty masks as the policy has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jaccard {
    /// What empty masks score.
    pub policy: Policy,
}

impl CountMetric for Jaccard {
    const NAME: &'static str = "jaccard";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        let score = || ratio(counts.true_positives, counts.n_prediction() + counts.false_negatives);
        self.policy.empty_overlap(Overlap::Jaccard, Masks::of(counts)).unwrap_or_else(score)
    }

    fn convention(&self) -> String {
        self.policy.about_overlap(Overlap::Jaccard)
    }
}
