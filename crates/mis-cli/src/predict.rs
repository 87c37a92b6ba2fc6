//! `mis predict`.

use std::path::PathBuf;

use clap::Args;

use crate::RunArgs;

/// Predicts label maps for scans, each on its own lattice
///
/// INPUT is a scan, a folder of scans (channels as name_0000, name_0001, …) or a folder of case folders. Several runs,
/// and the folds of a run, are an ensemble: the mean of their probabilities, their median, or the majority of their votes.
///
/// Examples:
///   mis predict runs/kits19 new-scans --dry-run                        what it will read and take
///   mis predict runs/kits19 new-scans --out predictions
///   mis predict runs/kits19 new-scans --out predictions --resume       passes over what is predicted already
///   mis predict runs/plain runs/residual new-scans --out predictions --combine median
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Predict {
    /// Folders of runs, then the scans
    #[arg(value_names = ["RUN", "INPUT"], num_args = 2.., required = true)]
    pub paths: Vec<PathBuf>,
    /// Folder for the label maps
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// How several networks become one answer
    #[arg(long, value_name = "RULE", default_value = "mean", value_parser = ["mean", "median", "majority"])]
    pub combine: String,
    /// Write class probabilities too, as name_probabilities.nii.gz
    #[arg(long)]
    pub probabilities: bool,
    /// Go on with a folder that was not finished, by the same runs
    #[arg(long)]
    pub resume: bool,
    /// Device: auto, cpu or cuda:0
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// What it may take, and whether it is carried out.
    #[command(flatten)]
    pub run: RunArgs,
}
