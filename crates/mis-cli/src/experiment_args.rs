//! Arguments of every verb that takes an experiment file.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{Aligned, DeviceChoice, Experiment};

use crate::log::LogFormat;

/// An experiment file, and what the command line says otherwise.
#[derive(Debug, Args)]
pub(crate) struct ExperimentArgs {
    /// The experiment file (TOML)
    pub(crate) experiment: PathBuf,
    /// Data set to use instead of the file's
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Lay labels onto their images where only headers differ
    #[arg(long)]
    pub(crate) align: bool,
    /// Device to use instead of the file's: auto, cpu or cuda:0
    #[arg(long)]
    pub(crate) device: Option<DeviceChoice>,
}

impl ExperimentArgs {
    pub(crate) fn read(&self, log: LogFormat) -> Result<Experiment> {
        let mut experiment = Experiment::read(&self.experiment)?;
        if let Some(path) = &self.data {
            experiment.data = experiment.data.with_path(path.clone())?;
        }
        if self.align {
            experiment.data = Aligned::of(experiment.data).into();
        }
        if let Some(device) = self.device {
            experiment.train.device = device;
        }
        if let Some(note) = experiment.train.device.note() {
            log.note(note);
        }
        Ok(experiment)
    }
}
