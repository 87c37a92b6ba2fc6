//! One training.

use anyhow::{Context as _, Result};
use mis_eval::Split;

use super::chosen_folds::ChosenFolds;
use super::fold::train_fold;
use super::run::Run;
use crate::{Experiment, RunOptions};

/// Trains once: on the training cases of `fold`, or without one on all cases. The weights are in the run folder,
/// under `fold_K` or `fold_all`.
pub fn train(experiment: &Experiment, fold: Option<usize>, options: &RunOptions) -> Result<()> {
    if let Some(fold) = fold {
        let options = RunOptions { folds: Some(vec![fold]), ..options.clone() };
        let (run, ChosenFolds { splits, .. }) = ChosenFolds::prepare(experiment, &options)?;
        train_fold(&run, &splits[fold], Some(fold), &options).with_context(|| format!("fold {fold}"))?;
    } else {
        let mut all = Split { train: Vec::new(), validation: Vec::new() };
        let run = Run::prepare(experiment, options, |ids| {
            all.train = ids.to_vec();
            Ok(vec![all.clone()])
        })?;
        train_fold(&run, &all, None, options)?;
    }
    Ok(())
}
