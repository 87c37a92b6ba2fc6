//! How cases are split.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mis_core::SampleId;
use mis_eval::{Split, check_splits, k_fold, leave_one_out, read_splits};
use serde::{Deserialize, Serialize};

/// How the cases of a data set are split into training and validation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Folds {
    /// Each case is validated on once, in one of k folds drawn by the experiment's seed.
    KFold(usize),
    /// Each case is a fold of its own.
    LeaveOneOut,
    /// The folds of a file in the form of nnU-Net's `splits_final.json`.
    File(PathBuf),
}

impl Folds {
    /// The splits of these cases. Without a choice, those that come with the data, else five folds.
    pub fn splits(
        choice: Option<&Self>,
        own: Option<PathBuf>,
        ids: &[SampleId],
        seed: u64,
    ) -> Result<Vec<Split>> {
        match (choice, own) {
            (Some(Self::KFold(k)), _) => {
                ensure!(
                    (2..=ids.len()).contains(k),
                    "folds: k-fold must be 2 to the {} cases of the data set, got {k}",
                    ids.len()
                );
                k_fold(ids, *k, seed)
            }
            (Some(Self::LeaveOneOut), _) => leave_one_out(ids),
            (Some(Self::File(path)), _) => read(path, ids),
            (None, Some(path)) => read(&path, ids),
            (None, None) => Self::splits(Some(&Self::KFold(5.min(ids.len()))), None, ids, seed),
        }
    }
}

fn read(path: &Path, ids: &[SampleId]) -> Result<Vec<Split>> {
    let splits = read_splits(path)?;
    check_splits(&splits, ids).with_context(|| path.display().to_string())?;
    Ok(splits)
}
