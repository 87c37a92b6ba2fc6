//! `mis cv`.

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{Ranks, RunOptions, StopSignal, cross_validate, forecast_cross_validation};

use crate::experiment_args::ExperimentArgs;
use crate::log::LogFormat;
use crate::run_args::RunArgs;

/// Cross-validates an experiment: trains each fold, predicts its validation cases, scores them, and reports
///
/// Examples:
///   mis cv kits19.toml --dry-run                        what it will read and take, without training
///   mis cv kits19.toml --out runs/kits19
///   mis cv kits19.toml --out runs/kits19 --folds 0      one job of an array; run the others likewise with --resume
///   mpirun -n 3 mis cv kits19.toml --out runs/kits19    three processes share the folds (built with MPI)
///   mis cv kits19.toml --out runs/kits19 --resume       goes on with what was broken off
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Cv {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Folder of the run
    #[arg(long, value_name = "RUN", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Folds to carry out, from 0 [default: all]
    #[arg(long, value_name = "K", value_delimiter = ',', num_args = 1..)]
    folds: Option<Vec<usize>>,
    /// Go on with the run that the folder holds
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    run: RunArgs,
}

impl Cv {
    pub(crate) fn run(&self, stop: &StopSignal, ranks: &Rc<dyn Ranks>, log: LogFormat) -> Result<()> {
        let experiment = self.experiment.read(log)?;
        if self.run.dry_run {
            print!("{}", forecast_cross_validation(&experiment, self.folds.as_deref())?);
            return Ok(());
        }
        let options = RunOptions {
            out: self.out.clone().unwrap_or_default(),
            resume: self.resume,
            folds: self.folds.clone(),
            memory: self.run.memory()?,
            stop: stop.clone(),
            ranks: ranks.clone(),
        };
        let report = cross_validate(&experiment, &options)?;
        if ranks.is_first() {
            println!("{}", report.table());
        }
        Ok(())
    }
}
