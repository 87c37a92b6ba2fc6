//! The main job: `cargo xtask bench-kits`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to stdout, what went wrong to stderr"
)]

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use mis::pipeline::{DeviceChoice, Experiment, RunOptions, StopSignal, cross_validate, set_threads};
use mis::prelude::Folds;
use mis_tests::bench_kits::{
    Preset, beside_the_paper, check, check_complete, on_devices, simulate, workspace, write_record,
};

/// Cross-validates on KiTS19 as the MIScnn paper does, by default on eight embedded phantoms of its form
///
/// Examples:
///   cargo xtask bench-kits
///   cargo xtask bench-kits --preset paper --data kits19/data --device cuda:0 --out runs/kits19
///   cargo xtask bench-kits --preset paper --data kits19/data --devices cuda:0,cuda:1,cuda:2 --out runs/kits19
///   cargo xtask bench-kits --preset simulated --data kits19_masks --out runs/simulated
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench-kits", verbatim_doc_comment)]
struct BenchKits {
    /// The experiment
    #[arg(long, value_enum, default_value_t = Preset::Phantom)]
    preset: Preset,
    /// KiTS19's folder of case folders (case_00000/imaging.nii.gz, segmentation.nii.gz); of the preset simulated the
    /// masks alone [default: the phantoms]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Device: auto, cpu or cuda:0
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Devices that carry out the folds side by side, in a process each
    #[arg(long, value_name = "DEVICES", value_delimiter = ',', conflicts_with = "device")]
    devices: Vec<DeviceChoice>,
    /// Folder of the run [default: target/bench-kits/PRESET, made anew each time]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with the run that the folder holds
    #[arg(long)]
    resume: bool,
    /// Folds to carry out, from 0 [default: all]
    #[arg(long, value_name = "K", value_delimiter = ',', num_args = 1..)]
    folds: Option<Vec<usize>>,
    /// Stored summary.json to compare with; Dice beyond the tolerance is a failure
    #[arg(long, value_name = "BASELINE")]
    check: Option<PathBuf>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    match BenchKits::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl BenchKits {
    fn run(&self) -> Result<()> {
        set_threads(self.threads)?;
        let stop = StopSignal::default();
        let signal = stop.clone();
        ctrlc::set_handler(move || signal.raise())?;
        let own = workspace().join("target/bench-kits").join(self.preset.name());
        if self.out.is_none() && !self.resume && own.exists() {
            fs::remove_dir_all(&own).with_context(|| format!("cannot clear {}", own.display()))?;
        }
        let out = self.out.clone().unwrap_or(own);
        let experiment = self.experiment()?;
        let mut options =
            RunOptions { resume: self.resume, folds: self.folds.clone(), stop, ..RunOptions::into(&out) };
        if !self.devices.is_empty() {
            let n_folds = experiment.folds.as_ref().map_or(Ok(0), n_folds)?;
            let folds = self.folds.clone().unwrap_or((0..n_folds).collect());
            on_devices(&self.devices, &folds, &self.args_of_a_device(), &options.out)?;
            options.resume = true; // what the processes left is joined
        }
        let report = cross_validate(&experiment, &options)?;
        write_record(&report, self.preset.name(), &options.out)?;
        println!("{}", beside_the_paper(&report)?);
        for (name, value) in report.facts() {
            println!("{name}: {value}");
        }
        println!("record: {}", options.out.join("bench-kits.md").display());
        println!("report: {}", options.out.join("report.html").display());
        if let Some(baseline) = &self.check {
            print!("\n{}", check(&report, baseline)?);
        }
        Ok(())
    }

    /// The preset's experiment on the data that are there, complete.
    fn experiment(&self) -> Result<Experiment> {
        let mut experiment = self.preset.experiment()?;
        let data = match (self.preset, &self.data) {
            (Preset::Paper, Some(data)) => {
                check_complete(data)?;
                Some(data.clone())
            }
            (Preset::Simulated, Some(masks)) => {
                let scans = workspace().join("target/bench-kits/simulated-scans");
                simulate(masks, &scans, |id| eprintln!("simulating {id}"))?;
                Some(scans)
            }
            (Preset::Phantom | Preset::Quick, data) => data.clone(),
            (Preset::Paper | Preset::Simulated, None) => {
                bail!("expected --data with KiTS19, or for the preset simulated with its masks, found none")
            }
        };
        if let Some(data) = data {
            experiment.data = experiment.data.with_path(data)?;
        }
        experiment.train.device = self.device;
        Ok(experiment)
    }

    /// What the process of one device is started with, beside its device and folds.
    fn args_of_a_device(&self) -> Vec<OsString> {
        let mut args: Vec<OsString> = vec!["--preset".into(), self.preset.name().into()];
        if let Some(data) = &self.data {
            args.extend(["--data".into(), data.into()]);
        }
        if let Some(threads) = self.threads {
            args.extend(["--threads".into(), threads.to_string().into()]);
        }
        args
    }
}

/// How many folds the benchmark's experiments have.
fn n_folds(folds: &Folds) -> Result<usize> {
    match folds {
        Folds::KFold(k) => Ok(*k),
        other => bail!("expected k-fold, found {other:?}"),
    }
}
