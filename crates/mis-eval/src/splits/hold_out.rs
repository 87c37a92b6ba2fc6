//! Cases set aside.

use anyhow::{Result, ensure};
use mis_core::SampleId;
use rand::seq::SliceRandom as _;

use crate::Split;
use crate::splits::k_fold::split_rng;
use crate::splits::split::sorted;

/// One split with this fraction of the cases, rounded up, drawn at random for validation.
///
/// It is the percentage split, and it also sets a test set aside: cross-validate on the `train` of a first split, and
/// score its `validation` once, at the end.
pub fn hold_out(ids: &[SampleId], fraction: f64, seed: u64) -> Result<Split> {
    let ids = sorted(ids)?;
    ensure!(fraction > 0.0 && fraction < 1.0, "the part held out must lie between 0 and 1, got {fraction}");
    // 0.07 · 100 is 7.000000000000001 in floating point.
    let n_validation = (fraction * ids.len() as f64 - 1e-9).ceil() as usize;
    ensure!(
        n_validation < ids.len(),
        "holding {fraction} of {} cases out leaves none to train on",
        ids.len()
    );
    let mut drawn = ids;
    drawn.shuffle(&mut split_rng(seed));
    let mut train = drawn.split_off(n_validation);
    train.sort();
    drawn.sort();
    Ok(Split { train, validation: drawn })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_splits;
    use crate::splits::split::tests::cases;

    #[test]
    fn the_fraction_is_rounded_up_and_the_rest_trained_on() {
        for (n, fraction, expected) in [(10, 0.2, 2), (11, 0.2, 3), (100, 0.07, 7), (2, 0.01, 1)] {
            let split = hold_out(&cases(n), fraction, 3).unwrap();
            assert_eq!(split.validation.len(), expected);
            assert_eq!(split.train.len(), n - expected);
            check_splits(std::slice::from_ref(&split), &cases(n)).unwrap();
            assert_eq!(split, hold_out(&cases(n), fraction, 3).unwrap());
        }
        assert_ne!(hold_out(&cases(50), 0.2, 3).unwrap(), hold_out(&cases(50), 0.2, 4).unwrap());
    }

    #[test]
    fn nothing_left_to_train_on_is_refused() {
        let error = hold_out(&cases(3), 0.9, 0).unwrap_err();
        assert_eq!(error.to_string(), "holding 0.9 of 3 cases out leaves none to train on");
        assert!(hold_out(&cases(3), 1.5, 0).is_err());
    }
}
