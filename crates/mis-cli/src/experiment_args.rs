//! Arguments of every verb that takes an experiment file.

use std::path::PathBuf;

use clap::Args;

/// An experiment file, and what the command line says otherwise.
#[derive(Debug, Args)]
pub struct ExperimentArgs {
    /// The experiment file (TOML)
    pub experiment: PathBuf,
    /// Data set to use instead of the file's
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Lay labels onto their images where only headers differ
    #[arg(long)]
    pub align: bool,
    /// Device to use instead of the file's: auto, cpu or cuda:0
    #[arg(long)]
    pub device: Option<String>,
}
