//! One training.

use anyhow::{Context as _, Result};
use mis_eval::Split;

use crate::fold::train_fold;
use crate::run::{Run, splits};
use crate::{Experiment, RunOptions};

/// Trains once: on the training cases of `fold`, or without one on all cases. The weights are in the run folder,
/// under `fold_K` or `fold_all`.
pub fn train(experiment: &Experiment, fold: Option<usize>, options: &RunOptions) -> Result<()> {
    match fold {
        Some(fold) => {
            let options = RunOptions { folds: Some(vec![fold]), ..options.clone() };
            let (run, splits) = Run::prepare(experiment, &options, splits)?;
            train_fold(&run, &splits[fold], Some(fold), &options).with_context(|| format!("fold {fold}"))?;
        }
        None => {
            let all =
                |_: &Experiment, ids: &[_]| Ok(vec![Split { train: ids.to_vec(), validation: Vec::new() }]);
            let options = RunOptions { folds: None, ..options.clone() };
            let (run, splits) = Run::prepare(experiment, &options, all)?;
            train_fold(&run, &splits[0], None, &options)?;
        }
    }
    Ok(())
}
