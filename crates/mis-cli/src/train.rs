//! `mis train`.

use std::path::PathBuf;

use clap::Args;

use crate::{ExperimentArgs, RunArgs};

/// Trains once: on all cases, or on the training cases of one fold
///
/// Examples:
///   mis train kits19.toml --dry-run                     what it will read and take, without training
///   mis train kits19.toml --out runs/kits19-all
///   mis train kits19.toml --out runs/kits19 --fold 0    as one fold of a cross-validation
///   mpirun -n 4 mis train kits19.toml --out runs/kits19-all     four processes share each batch (built with MPI)
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Train {
    /// The experiment file, and what is said otherwise.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Folder of the run
    #[arg(long, value_name = "RUN", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Train on the training cases of this fold, from 0, and validate on the others
    #[arg(long, value_name = "K")]
    pub fold: Option<usize>,
    /// Go on with the run that the folder holds
    #[arg(long)]
    pub resume: bool,
    /// What it may take, and whether it is carried out.
    #[command(flatten)]
    pub run: RunArgs,
}
