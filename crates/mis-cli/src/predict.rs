//! `mis predict`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use mis_pipeline::{Combine, DeviceChoice, PredictionJob, Ranks, StopSignal, predict};

/// Predicts label maps for scans, each on its own lattice
///
/// INPUT is a scan, a folder of scans (channels as name_0000, name_0001, …) or a folder of case folders. Several runs,
/// and the folds of a run, are an ensemble: the mean of their probabilities, their median, or the majority of their votes.
///
/// Examples:
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
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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
}

impl Predict {
    pub(crate) fn run(&self, stop: &StopSignal, ranks: &dyn Ranks) -> Result<()> {
        let Some((input, runs)) = self.paths.split_last() else { bail!("expected a run and scans") };
        let job = PredictionJob {
            runs,
            input,
            out: &self.out,
            combine: &self.combine,
            probabilities: self.probabilities,
            resume: self.resume,
            device: self.device,
            stop,
            ranks,
        };
        let files = predict(&job)?;
        for path in files.iter().filter(|_| ranks.is_first()) {
            println!("{}", path.display());
        }
        Ok(())
    }
}
