//! `mis train`.

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{Ranks, RunOptions, StopSignal, train};

use crate::experiment_args::ExperimentArgs;

/// Trains once: on all cases, or on the training cases of one fold
///
/// Examples:
///   mis train kits19.toml --out runs/kits19-all
///   mpirun -n 4 mis train kits19.toml --out runs/kits19-all     four processes share each batch (built with MPI)
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Train {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Folder of the run
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// Train on the training cases of this fold, from 0, and validate on the others
    #[arg(long, value_name = "K")]
    fold: Option<usize>,
    /// Go on with the run that the folder holds
    #[arg(long)]
    resume: bool,
}

impl Train {
    pub(crate) fn run(&self, stop: &StopSignal, ranks: &Rc<dyn Ranks>) -> Result<()> {
        let options = RunOptions {
            out: self.out.clone(),
            resume: self.resume,
            folds: None,
            stop: stop.clone(),
            ranks: ranks.clone(),
        };
        train(&self.experiment.read()?, self.fold, &options)
    }
}
