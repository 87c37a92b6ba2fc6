//! `mis inspect`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mis_pipeline::inspect_folder;

/// Shows what is in a data set: geometry, intensities, class frequencies, per case and in sum, and what is wrong with it
///
/// DATA is a folder in nnU-Net's layout (with dataset.json) or a folder of case folders; `mis check` looks at any other
/// layout that an experiment file names. All cases are read once.
///
/// Examples:
///   mis inspect Dataset004_Hippocampus
///   mis inspect kits19/data --classes background,kidney,tumor --csv cases.csv
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Inspect {
    /// The data set
    data: PathBuf,
    /// Names of the classes, background first, where the data set does not name them
    #[arg(long, value_delimiter = ',')]
    classes: Option<Vec<String>>,
    /// Write a row for each case and channel to this file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

impl Inspect {
    pub(crate) fn run(&self, threads: Option<usize>) -> Result<()> {
        let found = inspect_folder(&self.data, self.classes.as_deref(), threads.unwrap_or(0))?;
        if let Some(csv) = &self.csv {
            found.write_csv(csv)?;
        }
        print!("{found}");
        Ok(())
    }
}
