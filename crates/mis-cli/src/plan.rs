//! `mis plan`.

use std::path::PathBuf;

use clap::Args;
use mis_core::ClassTable;
use mis_preproc::PlanBudget;

/// Writes an experiment file fitted to a data set: spacing, patch, network, batch and normalization
///
/// DATA is a folder in nnU-Net's layout (with dataset.json) or a folder of case folders. The file runs as it is, and
/// says why each number is what it is.
///
/// Example:
///   mis plan Dataset004_Hippocampus --out hippocampus.toml
///   mis plan kits19/data --classes background,kidney,tumor --out kits19.toml
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Plan {
    /// The data set
    pub data: PathBuf,
    /// The experiment file to write; it must not be there yet [default: to standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Names of the classes, background first, where the data set does not name them; nucleus=255 where a class has not
    /// its place as label value
    #[arg(long, value_name = "NAMES")]
    pub classes: Option<ClassTable>,
    /// What the channels are (CT, MR, …), where the data set does not say
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub channels: Option<Vec<String>>,
    /// GB of memory that the network may take
    #[arg(long, default_value_t = PlanBudget::default().gigabytes, value_name = "GB")]
    pub memory: f64,
}
