//! `mis compare`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{compare_runs, paired_table, write_paired};

/// Compares the scores of two runs on the same cases, case by case
///
/// For each metric and class: both means, the mean difference with its 95 % confidence interval, how many cases are
/// larger and smaller in the second run, and Wilcoxon's signed-rank test.
///
/// Example:
///   mis compare runs/unet runs/residual --out compared.tsv
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Compare {
    /// The first run: a folder with scores.tsv, or such a file
    first: PathBuf,
    /// The second run, on the same cases
    second: PathBuf,
    /// File for the table with all digits (TSV)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Compare {
    pub(crate) fn run(&self) -> Result<()> {
        let compared = compare_runs(&self.first, &self.second)?;
        if let Some(out) = &self.out {
            write_paired(out, &compared)?;
        }
        print!("{}", paired_table(&compared));
        Ok(())
    }
}
