//! `mis check`.

use anyhow::{Result, ensure};
use clap::Args;
use mis_pipeline::check;

use crate::experiment_args::ExperimentArgs;
use crate::log::LogFormat;

/// Reads everything once and lists every problem with its file and its mend, before any training
///
/// Problems that would stop a training are errors and end with exit code 1; the rest are notes. Where the voxels of
/// images and labels correspond and only headers differ, --align takes the images' headers, as
/// data = { aligned = { of = … } } does in an experiment file.
///
/// Examples:
///   mis check kits19.toml
///   mis check kits19.toml --data another/kits19/data --align
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Check {
    #[command(flatten)]
    experiment: ExperimentArgs,
}

impl Check {
    pub(crate) fn run(&self, threads: Option<usize>, log: LogFormat) -> Result<()> {
        let checked = check(&self.experiment.read(log)?, threads.unwrap_or(0))?;
        print!("{checked}");
        ensure!(!checked.stops_training(), "the experiment cannot be carried out as it is");
        Ok(())
    }
}
