//! The experiment that a command line names.

use anyhow::Result;
use clap::error::ErrorKind;
use mis_cli::{Cli, ExperimentArgs, LogFormat};
use mis_pipeline::{Aligned, DeviceChoice, Experiment};

/// Reads the file, and lays over it what was said otherwise.
pub(crate) fn read(args: &ExperimentArgs, log: LogFormat) -> Result<Experiment> {
    let device = args.device.as_deref().map(device);
    let mut experiment = Experiment::read(&args.experiment)?;
    if let Some(path) = &args.data {
        experiment.data = experiment.data.with_path(path.clone())?;
    }
    if args.align {
        experiment.data = Aligned::of(experiment.data).into();
    }
    if let Some(device) = device {
        experiment.train.device = device;
    }
    if let Some(note) = experiment.train.device.note() {
        log.note(note);
    }
    Ok(experiment)
}

/// The device of this name; any other name is wrong use.
pub(crate) fn device(name: &str) -> DeviceChoice {
    name.parse().unwrap_or_else(|error| Cli::wrong_use(ErrorKind::ValueValidation, &error))
}
