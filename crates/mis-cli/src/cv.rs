//! `mis cv`.

use std::path::PathBuf;

use clap::Args;

use crate::{ExperimentArgs, RunArgs};

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
pub struct Cv {
    /// The experiment file, and what is said otherwise.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Folder of the run
    #[arg(long, value_name = "RUN", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Folds to carry out, from 0 [default: all]
    #[arg(long, value_name = "K", value_delimiter = ',', num_args = 1..)]
    pub folds: Option<Vec<usize>>,
    /// Go on with the run that the folder holds
    #[arg(long)]
    pub resume: bool,
    /// What it may take, and whether it is carried out.
    #[command(flatten)]
    pub run: RunArgs,
}
