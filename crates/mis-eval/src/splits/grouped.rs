//! Folds that keep cases together.

use std::collections::BTreeMap;

use anyhow::Result;
use mis_core::SampleId;
use rand::seq::SliceRandom as _;

use crate::Split;
use crate::splits::k_fold::{check_k, split_rng};
use crate::splits::split::{by_fold, sorted};

/// `k` folds that never part cases of one group, such as all scans of a patient; fold sizes are as even as the groups
/// allow: the largest group goes first, each to the fold with the fewest cases so far, groups of one size in an order
/// drawn at random.
pub fn grouped<G: Ord>(
    ids: &[SampleId],
    k: usize,
    seed: u64,
    group_of: impl Fn(&SampleId) -> G,
) -> Result<Vec<Split>> {
    let ids = sorted(ids)?;
    let mut members: BTreeMap<G, Vec<&SampleId>> = BTreeMap::new();
    for id in &ids {
        members.entry(group_of(id)).or_default().push(id);
    }
    check_k(k, members.len(), "groups")?;
    let mut groups: Vec<_> = members.into_values().collect();
    groups.shuffle(&mut split_rng(seed));
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut sizes = vec![0; k];
    let mut fold_of = BTreeMap::new();
    for group in groups {
        let fold = (0..k).min_by_key(|&fold| sizes[fold]).expect("k is at least 2");
        sizes[fold] += group.len();
        fold_of.extend(group.into_iter().map(|id| (id, fold)));
    }
    Ok(by_fold(&ids, k, &fold_of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::split::tests::{cases, check_partition};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_are_never_parted(n in 20_usize..80, k in 2_usize..5, seed: u64) {
            let ids = cases(n);
            let group_of = |id: &SampleId| id.0[5..].parse::<usize>().unwrap() % 7;
            let splits = grouped(&ids, k, seed, group_of).unwrap();
            check_partition(&splits, &ids);
            for split in &splits {
                for id in &split.validation {
                    prop_assert!(split.train.iter().all(|other| group_of(other) != group_of(id)));
                }
            }
        }
    }

    #[test]
    fn sizes_are_as_even_as_the_groups_allow() {
        let ids = cases(12);
        // Groups of 6, 3, 2 and 1 cases.
        let group_of = |id: &SampleId| match id.0[5..].parse::<usize>().unwrap() {
            0..6 => 'a',
            6..9 => 'b',
            9..11 => 'c',
            _ => 'd',
        };
        let sizes: Vec<_> =
            grouped(&ids, 2, 5, group_of).unwrap().iter().map(|split| split.validation.len()).collect();
        assert_eq!(sizes, [6, 6]);
        let error = grouped(&ids, 5, 5, group_of).unwrap_err().to_string();
        assert_eq!(error, "expected 2 folds up to the number of groups, 4; found 5");
    }
}
