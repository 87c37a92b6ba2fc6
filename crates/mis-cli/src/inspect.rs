//! `mis inspect`.

use std::path::PathBuf;

use clap::Args;
use mis_core::ClassTable;

/// Shows what is in a data set: geometry, intensities, class frequencies, per case and in sum, and what is wrong with it
///
/// DATA is a folder in nnU-Net's layout (with dataset.json) or a folder of case folders; `mis check` looks at any other
/// layout that an experiment file names. All cases are read once.
///
/// Examples:
///   mis inspect Dataset004_Hippocampus
///   mis inspect kits19/data --classes background,kidney,tumor --csv cases.csv
///   mis inspect kits19/data --classes background,kidney,tumor --html kits19.html
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Inspect {
    /// The data set
    pub data: PathBuf,
    /// Names of the classes, background first, where the data set does not name them; nucleus=255 where a class has not
    /// its place as label value
    #[arg(long, value_name = "NAMES")]
    pub classes: Option<ClassTable>,
    /// Write a row for each case and channel to this file
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write a page for a browser with all tables, class frequencies and problems to this file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}
