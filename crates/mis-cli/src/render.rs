//! `mis render`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mis_pipeline::render_augmented;

use crate::experiment_args::ExperimentArgs;

/// Shows what augmentation does: a contact sheet of training patches, and what was drawn for each
///
/// Example:
///   mis render --augmented kits19.toml --out augmented.png
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Render {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Show augmented training patches
    #[arg(long, required = true)]
    augmented: bool,
    /// The picture (PNG)
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Number of patches
    #[arg(short, default_value_t = 16)]
    n: usize,
}

impl Render {
    pub(crate) fn run(&self) -> Result<()> {
        for line in render_augmented(&self.experiment.read()?, self.n, &self.out)? {
            println!("{line}");
        }
        Ok(())
    }
}
