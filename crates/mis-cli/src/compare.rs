//! `mis compare`.

use std::path::PathBuf;

use clap::Args;

/// Compares the scores of two runs on the same cases, case by case
///
/// For each metric and class: both means, the mean difference with its 95 % confidence interval, how many cases are
/// larger and smaller in the second run, and Wilcoxon's signed-rank test.
///
/// Example:
///   mis compare runs/unet runs/residual --out compared.tsv
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Compare {
    /// The first run: a folder with scores.tsv, or such a file
    pub first: PathBuf,
    /// The second run, on the same cases
    pub second: PathBuf,
    /// File for the table with all digits (TSV)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
