//! One training.

use anyhow::{Context as _, Result, ensure};
use mis_eval::Split;

use super::chosen_folds::ChosenFolds;
use super::fold::train_fold;
use super::run::{Run, Shared};
use crate::{Experiment, Keep, RunOptions};

/// Trains once: on the training cases of `fold`, or without one on all cases. The weights are in the run folder,
/// under `fold_K` or `fold_all`.
pub fn train(experiment: &Experiment, fold: Option<usize>, options: &RunOptions) -> Result<()> {
    check_shared(experiment, options.ranks.n())?;
    if let Some(fold) = fold {
        let options = RunOptions { folds: Some(vec![fold]), ..options.clone() };
        let (run, ChosenFolds { splits, .. }) =
            ChosenFolds::prepare(experiment, &options, Shared::Batches, |_| Ok(()))?;
        train_fold(&run, &splits[fold], Some(fold), &options).with_context(|| format!("fold {fold}"))?;
    } else {
        let mut all = Split { train: Vec::new(), validation: Vec::new() };
        let run = Run::prepare(experiment, options, Shared::Batches, |ids| {
            all.train = ids.to_vec();
            Ok(vec![all.clone()])
        })?;
        train_fold(&run, &all, None, options)?;
    }
    Ok(())
}

/// Says why so many processes cannot share the batches of an experiment.
fn check_shared(experiment: &Experiment, n_ranks: usize) -> Result<()> {
    let batch_size = experiment.train.batch_size;
    ensure!(
        batch_size >= n_ranks,
        "a batch of {batch_size} cannot be shared by {n_ranks} processes: start fewer, or set batch-size to {n_ranks} or \
         more"
    );
    let keeps_batches = experiment.store.as_ref().is_some_and(|store| store.keep == Keep::Batches);
    ensure!(
        n_ranks == 1 || !keeps_batches,
        "stored batches are those of one process: set [store] keep = \"samples\" for several"
    );
    Ok(())
}
