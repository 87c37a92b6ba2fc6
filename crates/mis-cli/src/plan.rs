//! `mis plan`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{PlanOptions, plan, write_plan};

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
pub(crate) struct Plan {
    /// The data set
    data: PathBuf,
    /// The experiment file to write; it must not be there yet [default: to standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Names of the classes, background first, where the data set does not name them
    #[arg(long, value_delimiter = ',')]
    classes: Option<Vec<String>>,
    /// What the channels are (CT, MR, …), where the data set does not say
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    channels: Option<Vec<String>>,
    /// GB of memory that the network may take
    #[arg(long, default_value_t = PlanOptions::default().gigabytes, value_name = "GB")]
    memory: f64,
}

impl Plan {
    pub(crate) fn run(&self) -> Result<()> {
        let options = PlanOptions {
            classes: self.classes.clone(),
            channels: self.channels.clone(),
            gigabytes: self.memory,
        };
        match &self.out {
            Some(out) => write_plan(&self.data, out, &options),
            None => {
                print!("{}", plan(&self.data, &options)?);
                Ok(())
            }
        }
    }
}
