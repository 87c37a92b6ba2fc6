//! The main job: `cargo xtask bench-kits`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to stdout, what went wrong to stderr"
)]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use mis::pipeline::{DeviceChoice, RunOptions, StopSignal, cross_validate, set_threads};
use mis_tests::bench_kits::{Preset, beside_the_paper, check, workspace};

/// Cross-validates on KiTS19 as the MIScnn paper does, by default on eight embedded phantoms of its form
///
/// Examples:
///   cargo xtask bench-kits
///   cargo xtask bench-kits --preset paper --data kits19/data --device cuda:0 --out runs/kits19
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench-kits", verbatim_doc_comment)]
struct BenchKits {
    /// The experiment
    #[arg(long, value_enum, default_value_t = Preset::Phantom)]
    preset: Preset,
    /// KiTS19's folder of case folders (case_00000/imaging.nii.gz, segmentation.nii.gz) [default: the phantoms]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Device: auto, cpu or cuda:0
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
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
        let mut experiment = self.preset.experiment()?;
        if let Some(data) = &self.data {
            experiment.data = experiment.data.with_path(data.clone())?;
        }
        experiment.train.device = self.device;
        let own = workspace().join("target/bench-kits").join(self.preset.name());
        if self.out.is_none() && !self.resume && own.exists() {
            fs::remove_dir_all(&own).with_context(|| format!("cannot clear {}", own.display()))?;
        }
        let out = self.out.clone().unwrap_or(own);
        let options = RunOptions { out, resume: self.resume, folds: self.folds.clone(), memory: None, stop };
        let report = cross_validate(&experiment, &options)?;
        let table = beside_the_paper(&report)?;
        println!("{table}");
        for (name, value) in report.facts() {
            println!("{name}: {value}");
        }
        println!("report: {}", options.out.join("report.html").display());
        fs::write(options.out.join("bench-kits.txt"), &table)?;
        if let Some(baseline) = &self.check {
            print!("\n{}", check(&report, baseline)?);
        }
        Ok(())
    }
}
