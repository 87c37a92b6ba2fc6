//! `mis train`.

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{Ranks, RunOptions, StopSignal, forecast_training, train};

use crate::experiment_args::ExperimentArgs;
use crate::log::LogFormat;
use crate::run_args::RunArgs;

/// Trains once: on all cases, or on the training cases of one fold
///
/// Examples:
///   mis train kits19.toml --dry-run                     what it will read and take, without training
///   mis train kits19.toml --out runs/kits19-all
///   mis train kits19.toml --out runs/kits19 --fold 0    as one fold of a cross-validation
///   mpirun -n 4 mis train kits19.toml --out runs/kits19-all     four processes share each batch (built with MPI)
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Train {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Folder of the run
    #[arg(long, value_name = "RUN", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Train on the training cases of this fold, from 0, and validate on the others
    #[arg(long, value_name = "K")]
    fold: Option<usize>,
    /// Go on with the run that the folder holds
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    run: RunArgs,
}

impl Train {
    pub(crate) fn run(&self, stop: &StopSignal, ranks: &Rc<dyn Ranks>, log: LogFormat) -> Result<()> {
        let experiment = self.experiment.read(log)?;
        if self.run.dry_run {
            print!("{}", forecast_training(&experiment, self.fold)?);
            return Ok(());
        }
        let options = RunOptions {
            out: self.out.clone().unwrap_or_default(),
            resume: self.resume,
            folds: None,
            memory: self.run.memory()?,
            stop: stop.clone(),
            ranks: ranks.clone(),
        };
        train(&experiment, self.fold, &options)
    }
}
