//! The folds of a run.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use mis_core::SampleId;
use mis_eval::Split;

use super::run::{Run, Shared, first_alone};
use crate::{Experiment, Folds, Labels, RunOptions};

/// The splits of an experiment, and which of them a run carries out.
#[derive(Debug)]
pub(crate) struct ChosenFolds {
    pub(crate) splits: Vec<Split>,
    pub(crate) folds: Vec<usize>,
}

impl ChosenFolds {
    /// The experiment's own splits, or those of its data.
    pub(crate) fn all(experiment: &Experiment, ids: &[SampleId]) -> Result<Vec<Split>> {
        let own = experiment.data.splits_file();
        let (source, classes) = (experiment.source()?, experiment.class_table()?);
        let labels = Labels { source: source.as_ref(), classes: &classes };
        Folds::splits(experiment.folds.as_ref(), own, ids, experiment.seed, &labels)
    }

    /// The splits, and the wanted folds of them, sorted; by default all.
    pub(crate) fn new(experiment: &Experiment, folds: Option<&[usize]>, ids: &[SampleId]) -> Result<Self> {
        let splits = Self::all(experiment, ids)?;
        let folds: BTreeSet<usize> = match folds {
            Some(folds) => folds.iter().copied().collect(),
            None => (0..splits.len()).collect(),
        };
        for &fold in &folds {
            ensure!(fold < splits.len(), "expected a fold below {}, got {fold}", splits.len());
        }
        Ok(Self { splits, folds: folds.into_iter().collect() })
    }

    /// The splits that are carried out.
    pub(crate) fn splits(&self) -> Vec<Split> {
        self.folds.iter().map(|&fold| self.splits[fold].clone()).collect()
    }

    /// Prepares a run on the cases of the chosen folds, where `check` has nothing against them.
    pub(crate) fn prepare(
        experiment: &Experiment,
        options: &RunOptions,
        shared: Shared,
        check: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<(Run, Self)> {
        let mut chosen = None;
        let run = Run::prepare(experiment, options, shared, |ids| {
            let folds = Self::new(experiment, options.folds.as_deref(), ids)?;
            check(&folds)?;
            let splits = folds.splits();
            chosen = Some(folds);
            Ok(splits)
        })?;
        let chosen = chosen.expect("a run is prepared on chosen cases");
        first_alone(options.ranks.as_ref(), || run.folder.keep_splits(&chosen.splits))?;
        Ok((run, chosen))
    }
}
