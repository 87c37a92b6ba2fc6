//! Which cases are trained on and which are scored.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use mis_core::SampleId;
use serde::{Deserialize, Serialize};

/// One fold: the cases to train on and those to score, both sorted, no case in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Cases to train on.
    pub train: Vec<SampleId>,
    /// Cases to score; `val` in nnU-Net's files.
    #[serde(rename = "val")]
    pub validation: Vec<SampleId>,
}

impl Split {
    /// Says where a part is empty, or a case stands twice.
    pub fn check(&self) -> Result<()> {
        for (part, ids) in [("train", &self.train), ("val", &self.validation)] {
            ensure!(!ids.is_empty(), "{part} names no case");
            let mut seen = BTreeSet::new();
            let twice: Vec<_> = ids.iter().filter(|id| !seen.insert(*id)).collect();
            ensure!(twice.is_empty(), "{part} names {} twice", listed(&twice));
        }
        let train: BTreeSet<_> = self.train.iter().collect();
        let both: Vec<_> = self.validation.iter().filter(|id| train.contains(id)).collect();
        ensure!(both.is_empty(), "{} in train and in val", listed(&both));
        Ok(())
    }
}

/// Checks splits against a data set: no case in train and validation of one fold, and none that is not among `ids`.
/// Errors name the fold and the cases.
pub fn check_splits(splits: &[Split], ids: &[SampleId]) -> Result<()> {
    let known: BTreeSet<_> = ids.iter().collect();
    ensure!(!splits.is_empty(), "expected at least one split, found none");
    for (fold, split) in splits.iter().enumerate() {
        split.check().with_context(|| format!("fold {fold}"))?;
        let named = split.train.iter().chain(&split.validation);
        let unknown: Vec<_> = named.filter(|id| !known.contains(id)).collect();
        ensure!(
            unknown.is_empty(),
            "fold {fold}: {} not among the data set's {} cases",
            listed(&unknown),
            known.len()
        );
    }
    Ok(())
}

/// One split with exactly these cases.
pub fn detailed(mut train: Vec<SampleId>, mut validation: Vec<SampleId>) -> Result<Split> {
    train.sort();
    validation.sort();
    let split = Split { train, validation };
    split.check()?;
    Ok(split)
}

/// The ids sorted; refused where one stands twice.
pub(crate) fn sorted(ids: &[SampleId]) -> Result<Vec<SampleId>> {
    let mut ids = ids.to_vec();
    ids.sort();
    let twice: Vec<_> = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    ensure!(twice.is_empty(), "{} twice among the cases", listed(&twice));
    Ok(ids)
}

/// The splits of `n_folds` folds, given each case's; `ids` are sorted, and each is validated once.
pub(crate) fn by_fold(ids: &[SampleId], n_folds: usize, fold_of: &BTreeMap<&SampleId, usize>) -> Vec<Split> {
    let split = |fold| {
        let (validation, train) = ids.iter().cloned().partition(|id| fold_of[id] == fold);
        Split { train, validation }
    };
    (0..n_folds).map(split).collect()
}

/// `a, b, c and 12 more`
fn listed(ids: &[&SampleId]) -> String {
    let shown = ids.iter().take(3).map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
    if ids.len() > 3 { format!("{shown} and {} more", ids.len() - 3) } else { shown }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `case_000`, `case_001` …
    pub(crate) fn cases(n: usize) -> Vec<SampleId> {
        (0..n).map(|case| SampleId(format!("case_{case:03}"))).collect()
    }

    /// Each split is whole and without overlap, and each case is validated once over all of them.
    #[track_caller]
    pub(crate) fn check_partition(splits: &[Split], ids: &[SampleId]) {
        check_splits(splits, ids).unwrap();
        for split in splits {
            assert_eq!(split.train.len() + split.validation.len(), ids.len());
            assert!(split.train.is_sorted() && split.validation.is_sorted());
        }
        let mut validated: Vec<_> = splits.iter().flat_map(|split| split.validation.clone()).collect();
        validated.sort();
        assert_eq!(validated, ids);
    }

    #[track_caller]
    fn check_error(train: &[&str], validation: &[&str], expected: &str) {
        let ids = |names: &[&str]| names.iter().map(|&name| SampleId::from(name)).collect();
        let split = Split { train: ids(train), validation: ids(validation) };
        let error = check_splits(&[split], &cases(3)).unwrap_err();
        assert_eq!(format!("{error:#}"), expected);
    }

    #[test]
    fn what_is_wrong_with_a_split_is_said() {
        check_error(&["case_000"], &[], "fold 0: val names no case");
        check_error(&["case_000", "case_001"], &["case_001"], "fold 0: case_001 in train and in val");
        check_error(&["case_000", "case_000"], &["case_001"], "fold 0: train names case_000 twice");
        check_error(
            &["case_000", "a", "b"],
            &["c", "d"],
            "fold 0: a, b, c and 1 more not among the data set's 3 cases",
        );
    }
}
