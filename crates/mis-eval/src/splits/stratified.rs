//! Folds that resemble each other.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use mis_core::SampleId;
use rand::seq::SliceRandom as _;

use crate::Split;
use crate::splits::k_fold::{check_k, split_rng};
use crate::splits::split::{by_fold, sorted};

/// `k` folds with each stratum's cases spread over all of them as evenly as can be, such as those that hold a rare class
/// and those that do not. Fold sizes differ by one at most, and so does a stratum's number of cases.
pub fn stratified<S: Ord>(
    ids: &[SampleId],
    k: usize,
    seed: u64,
    stratum_of: impl Fn(&SampleId) -> S,
) -> Result<Vec<Split>> {
    let ids = sorted(ids)?;
    check_k(k, ids.len(), "cases")?;
    let mut strata: BTreeMap<S, Vec<&SampleId>> = BTreeMap::new();
    for id in &ids {
        strata.entry(stratum_of(id)).or_default().push(id);
    }
    let mut rng = split_rng(seed);
    let mut folds: Vec<_> = (0..k).collect();
    folds.shuffle(&mut rng);
    let mut dealt = Vec::with_capacity(ids.len());
    for mut stratum in strata.into_values() {
        stratum.shuffle(&mut rng);
        dealt.extend(stratum);
    }
    let fold_of = dealt.into_iter().zip(folds.into_iter().cycle()).collect();
    Ok(by_fold(&ids, k, &fold_of))
}

/// `k` folds over which a number, such as the volume of a tumor, is spread alike: of each `k` cases that are next to each
/// other by it, every fold takes one, drawn at random. Fold sizes differ by one at most. Refused where a number is NaN.
pub fn stratified_by_value(
    ids: &[SampleId],
    k: usize,
    seed: u64,
    value_of: impl Fn(&SampleId) -> f64,
) -> Result<Vec<Split>> {
    let ids = sorted(ids)?;
    check_k(k, ids.len(), "cases")?;
    let mut by_value: Vec<_> = ids.iter().map(|id| (value_of(id), id)).collect();
    for (value, id) in &by_value {
        ensure!(!value.is_nan(), "{id}: expected a number to stratify by, found NaN");
    }
    by_value.sort_by(|a, b| a.0.total_cmp(&b.0)); // stable: cases of one value stay sorted
    let mut rng = split_rng(seed);
    let mut folds: Vec<_> = (0..k).collect();
    let mut fold_of = BTreeMap::new();
    for neighbors in by_value.chunks(k) {
        folds.shuffle(&mut rng);
        fold_of.extend(neighbors.iter().zip(&folds).map(|((_, id), &fold)| (*id, fold)));
    }
    Ok(by_fold(&ids, k, &fold_of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::split::tests::{cases, check_partition};
    use proptest::prelude::*;

    /// How many cases of each fold's validation satisfy the condition.
    fn counts(splits: &[Split], is: impl Fn(&SampleId) -> bool) -> Vec<usize> {
        splits.iter().map(|split| split.validation.iter().filter(|id| is(id)).count()).collect()
    }

    fn differ_by_one(counts: &[usize]) -> bool {
        counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1
    }

    proptest! {
        #[test]
        fn strata_are_spread_over_all_folds(n in 2_usize..70, k in 2_usize..8, n_strata in 1_usize..6, seed: u64) {
            let (ids, k) = (cases(n), k.min(n));
            let stratum_of = |id: &SampleId| id.0[5..].parse::<usize>().unwrap().pow(2) % n_strata;
            let splits = stratified(&ids, k, seed, stratum_of).unwrap();
            check_partition(&splits, &ids);
            prop_assert!(differ_by_one(&counts(&splits, |_| true)));
            for stratum in 0..n_strata {
                prop_assert!(differ_by_one(&counts(&splits, |id| stratum_of(id) == stratum)));
            }
            prop_assert_eq!(splits, stratified(&ids, k, seed, stratum_of).unwrap());
        }

        #[test]
        fn values_are_spread_over_all_folds(n in 2_usize..70, k in 2_usize..8, seed: u64) {
            let (ids, k) = (cases(n), k.min(n));
            let value_of = |id: &SampleId| (id.0[5..].parse::<usize>().unwrap() * 37 % 71) as f64;
            let splits = stratified_by_value(&ids, k, seed, value_of).unwrap();
            check_partition(&splits, &ids);
            prop_assert!(differ_by_one(&counts(&splits, |_| true)));
            // Of the cases below any value each fold has as many as the others, but for one that is dealt last.
            for value in [10.0, 35.0, 60.0] {
                prop_assert!(differ_by_one(&counts(&splits, |id| value_of(id) < value)));
            }
            let reversed: Vec<_> = ids.iter().rev().cloned().collect();
            prop_assert_eq!(splits, stratified_by_value(&reversed, k, seed, value_of).unwrap());
        }
    }

    #[test]
    fn a_case_without_a_number_is_named() {
        let error = stratified_by_value(&cases(3), 2, 0, |_| f64::NAN).unwrap_err().to_string();
        assert_eq!(error, "case_000: expected a number to stratify by, found NaN");
    }
}
