//! `mis predict`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use mis_pipeline::{Combine, DeviceChoice, PredictionJob, Ranks, StopSignal, forecast_prediction, predict};

use crate::run_args::RunArgs;

/// Predicts label maps for scans, each on its own lattice
///
/// INPUT is a scan, a folder of scans (channels as name_0000, name_0001, …) or a folder of case folders. Several runs,
/// and the folds of a run, are an ensemble: the mean of their probabilities, their median, or the majority of their votes.
///
/// Examples:
///   mis predict runs/kits19 new-scans --dry-run                        what it will read and take
///   mis predict runs/kits19 new-scans --out predictions
///   mis predict runs/kits19 new-scans --out predictions --resume       passes over what is predicted already
///   mis predict runs/plain runs/residual new-scans --out predictions --combine median
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Predict {
    /// Folders of runs, then the scans
    #[arg(value_names = ["RUN", "INPUT"], num_args = 2.., required = true)]
    paths: Vec<PathBuf>,
    /// Folder for the label maps
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// How several networks become one answer: mean, median or majority
    #[arg(long, value_name = "RULE", default_value = "mean")]
    combine: Combine,
    /// Write class probabilities too, as name_probabilities.nii.gz
    #[arg(long)]
    probabilities: bool,
    /// Go on with a folder that was not finished, by the same runs
    #[arg(long)]
    resume: bool,
    /// Device: auto, cpu or cuda:0
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    #[command(flatten)]
    run: RunArgs,
}

impl Predict {
    pub(crate) fn run(&self, stop: &StopSignal, ranks: &dyn Ranks) -> Result<()> {
        let Some((input, runs)) = self.paths.split_last() else { bail!("expected a run and scans") };
        let out = self.out.clone().unwrap_or_default();
        let job = PredictionJob {
            runs,
            input,
            out: &out,
            combine: &self.combine,
            probabilities: self.probabilities,
            resume: self.resume,
            memory: self.run.memory()?,
            device: self.device,
            stop,
            ranks,
        };
        if self.run.dry_run {
            print!("{}", forecast_prediction(&job)?);
            return Ok(());
        }
        let files = predict(&job)?;
        for path in files.iter().filter(|_| ranks.is_first()) {
            println!("{}", path.display());
        }
        Ok(())
    }
}
