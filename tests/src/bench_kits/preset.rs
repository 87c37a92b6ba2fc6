//! The experiments that the benchmark knows by name.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mis::pipeline::Experiment;

/// An experiment that the benchmark knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    /// The embedded phantoms with a small network: minutes on two cores
    Phantom,
    /// Every value of the paper's KiTS19 notebook: days on a GPU
    Paper,
}

impl Preset {
    /// Its name on the command line and in folders.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Phantom => "phantom",
            Self::Paper => "paper",
        }
    }

    /// Its experiment, read from the same file that `mis cv` takes.
    pub fn experiment(self) -> Result<Experiment> {
        let file = match self {
            Self::Phantom => "phantom.toml",
            Self::Paper => "kits19.toml",
        };
        Experiment::read(&workspace().join("crates/mis/examples").join(file))
    }
}

/// The folder of the workspace that this was built in.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}
