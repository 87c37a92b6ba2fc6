//! How much of both masks is shared.

use serde::{Deserialize, Serialize};

use crate::metrics::count_metric::ratio;
use crate::metrics::policy::{Masks, Overlap};
use crate::{CountMetric, Counts, Policy};

/// Overlap of both masks: 2·TP / (2·TP + FP + FN), from 0 to 1 (Dice 1945); of empty masks as the policy has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dice {
    /// What empty masks score.
    pub policy: Policy,
}

impl CountMetric for Dice {
    const NAME: &'static str = "dice";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        let score = || ratio(2 * counts.true_positives, counts.n_prediction() + counts.n_truth());
        self.policy.empty_overlap(Overlap::Dice, Masks::of(counts)).unwrap_or_else(score)
    }

    fn convention(&self) -> String {
        self.policy.about_overlap(Overlap::Dice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metric as _;
    use crate::test_maps::{random, row};
    use proptest::prelude::*;

    #[track_caller]
    fn check(prediction: &[u8], truth: &[u8], expected: Option<f64>) {
        assert_eq!(Dice::default().score(&row(prediction), &row(truth), 1), expected);
    }

    #[test]
    fn it_is_twice_the_shared_part() {
        check(&[1, 1, 0, 2], &[0, 1, 1, 1], Some(2.0 / 5.0));
        check(&[0, 1, 1, 0], &[0, 1, 1, 0], Some(1.0));
    }

    proptest! {
        #[test]
        fn a_map_meets_itself_fully_and_order_does_not_matter(shape in [1_usize..9, 1_usize..9, 1_usize..9], seed: u64) {
            let (a, b) = (random(shape, 4, seed), random(shape, 4, seed.wrapping_add(1)));
            for class in 0..4 {
                prop_assert!(matches!(Dice::default().score(&a, &a, class), None | Some(1.0)));
                prop_assert_eq!(Dice::default().score(&a, &b, class), Dice::default().score(&b, &a, class));
            }
        }
    }
}
