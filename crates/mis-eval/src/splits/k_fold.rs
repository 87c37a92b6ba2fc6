//! Cross-validation splits.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use mis_core::{SampleId, SampleRng, sample_rng};
use rand::seq::SliceRandom as _;

use crate::Split;
use crate::splits::split::{by_fold, sorted};

/// `k` folds of nearly equal size, drawn at random; each case is validated exactly once. The first folds take the
/// remainder. The same seed gives the same folds on any machine and for any order of `ids`.
pub fn k_fold(ids: &[SampleId], k: usize, seed: u64) -> Result<Vec<Split>> {
    let ids = sorted(ids)?;
    check_k(k, ids.len(), "cases")?;
    let mut drawn: Vec<_> = ids.iter().collect();
    drawn.shuffle(&mut split_rng(seed));
    Ok(by_fold(&ids, k, &even_folds(&drawn, k)))
}

/// One fold per case: each case is scored by a training on all others.
pub fn leave_one_out(ids: &[SampleId]) -> Result<Vec<Split>> {
    let ids = sorted(ids)?;
    check_k(ids.len(), ids.len(), "cases")?;
    Ok(by_fold(&ids, ids.len(), &ids.iter().zip(0..).collect()))
}

/// The fold of each of `drawn`: the first n / k cases (one more in the first n % k folds) are fold 0, and so on.
pub(crate) fn even_folds<'a>(drawn: &[&'a SampleId], k: usize) -> BTreeMap<&'a SampleId, usize> {
    let (size, remainder) = (drawn.len() / k, drawn.len() % k);
    let folds = (0..k).flat_map(|fold| std::iter::repeat_n(fold, size + usize::from(fold < remainder)));
    drawn.iter().copied().zip(folds).collect()
}

pub(crate) fn check_k(k: usize, n: usize, what: &str) -> Result<()> {
    ensure!(2 <= k && k <= n, "expected 2 folds up to the number of {what}, {n}; found {k}");
    Ok(())
}

/// The random stream of splits: training draws from epochs 0, 1, 2 …
pub(crate) fn split_rng(seed: u64) -> SampleRng {
    sample_rng(seed, u32::MAX, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::split::tests::{cases, check_partition};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_case_is_validated_once_and_a_seed_repeats(n in 2_usize..60, k in 2_usize..10, seed: u64) {
            let k = k.min(n);
            let ids = cases(n);
            let splits = k_fold(&ids, k, seed).unwrap();
            check_partition(&splits, &ids);
            let sizes: Vec<_> = splits.iter().map(|split| split.validation.len()).collect();
            prop_assert!(sizes.iter().all(|&size| size == n / k || size == n / k + 1), "{sizes:?}");
            let reversed: Vec<_> = ids.iter().rev().cloned().collect();
            prop_assert_eq!(splits, k_fold(&reversed, k, seed).unwrap());
        }
    }

    #[test]
    fn the_folds_of_a_seed_are_these_on_every_machine() {
        let splits = k_fold(&cases(7), 3, 42).unwrap();
        let validated: Vec<Vec<_>> =
            splits.iter().map(|split| split.validation.iter().map(|id| &id.0[5..]).collect()).collect();
        assert_eq!(validated, [vec!["000", "002", "005"], vec!["001", "003"], vec!["004", "006"]]);
    }

    #[test]
    fn leave_one_out_is_one_split_per_case() {
        let ids = cases(5);
        let splits = leave_one_out(&ids).unwrap();
        check_partition(&splits, &ids);
        assert_eq!(splits.len(), 5);
        assert!(leave_one_out(&cases(1)).is_err());
    }

    #[test]
    fn more_folds_than_cases_and_a_case_twice_are_refused() {
        let error = k_fold(&cases(3), 4, 0).unwrap_err();
        assert_eq!(error.to_string(), "expected 2 folds up to the number of cases, 3; found 4");
        let error = k_fold(&["b".into(), "a".into(), "b".into()], 2, 0).unwrap_err();
        assert_eq!(error.to_string(), "b twice among the cases");
    }
}
