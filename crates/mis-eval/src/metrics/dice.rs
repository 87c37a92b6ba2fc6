//! How much of both masks is shared.

use crate::metrics::count_metric::ratio;
use crate::{CountMetric, Counts};

/// Overlap of both masks: 2·TP / (2·TP + FP + FN), from 0 to 1 (Dice 1945).
///
/// Empty masks as in nnU-Net: undefined where the class is in neither label map, 0 where it is in one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dice;

impl CountMetric for Dice {
    const NAME: &'static str = "dice";
    const CONVENTION: &'static str = "undefined where both masks are empty, 0 where one is (nnU-Net)";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        ratio(2 * counts.true_positives, counts.n_prediction() + counts.n_truth())
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
        assert_eq!(Dice.score(&row(prediction), &row(truth), 1), expected);
    }

    #[test]
    fn it_is_twice_the_shared_part() {
        check(&[1, 1, 0, 2], &[0, 1, 1, 1], Some(2.0 / 5.0));
        check(&[0, 1, 1, 0], &[0, 1, 1, 0], Some(1.0));
    }

    #[test]
    fn empty_masks_score_as_in_nnunet() {
        check(&[0, 0, 2], &[0, 0, 2], None);
        check(&[0, 1, 0], &[0, 0, 0], Some(0.0));
        check(&[0, 0, 0], &[0, 1, 0], Some(0.0));
    }

    proptest! {
        #[test]
        fn a_map_meets_itself_fully_and_order_does_not_matter(shape in [1_usize..9, 1_usize..9, 1_usize..9], seed: u64) {
            let (a, b) = (random(shape, 4, seed), random(shape, 4, seed.wrapping_add(1)));
            for class in 0..4 {
                prop_assert!(matches!(Dice.score(&a, &a, class), None | Some(1.0)));
                prop_assert_eq!(Dice.score(&a, &b, class), Dice.score(&b, &a, class));
            }
        }
    }
}
