//! Each workload in a process of its own.

use std::env::consts::EXE_SUFFIX;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::case::Case;
use super::inputs::Inputs;
use super::line::{Line, Outcome};
use super::workload::{DATA, Workload};

/// Measures workloads one after the other, each in a fresh process, and appends a line for each to the results
/// file. What needs no network is measured by `bench-ops-data`, beside this program, which does not load libtorch; `progress` is told each line as it comes. A workload that fails has a line too, and makes the whole
/// an error at the end.
pub fn run_all(
    workloads: &[&Workload],
    inputs: &Inputs,
    threads: usize,
    results: &Path,
    mut progress: impl FnMut(&Workload, &Outcome),
) -> Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(results)
        .with_context(|| format!("cannot open {}", results.display()))?;
    let mut n_failed = 0;
    for workload in workloads {
        let outcome = measure_apart(workload, inputs, threads).unwrap_or_else(|error| {
            n_failed += 1;
            Outcome::Failed { error: format!("{error:#}") }
        });
        progress(workload, &outcome);
        let line = Line {
            op: workload.op.to_owned(),
            variant: workload.variant.to_owned(),
            peer: "mis".to_owned(),
            config: workload.config.to_owned(),
            outcome,
        };
        writeln!(file, "{}", serde_json::to_string(&line)?)?;
    }
    if n_failed > 0 {
        bail!("{n_failed} of {} workloads failed; {} says why", workloads.len(), results.display());
    }
    Ok(())
}

fn measure_apart(workload: &Workload, inputs: &Inputs, threads: usize) -> Result<Outcome> {
    let this = std::env::current_exe()?;
    let program = if DATA.iter().any(|other| other.to_string() == workload.to_string()) {
        this.with_file_name(format!("bench-ops-data{EXE_SUFFIX}"))
    } else {
        this
    };
    let mut process = Command::new(&program);
    process.arg("--inputs").arg(inputs.folder()).env("RAYON_NUM_THREADS", threads.to_string());
    process.args(["--threads", &threads.to_string(), "--measure", &workload.to_string()]);
    let output = process.output().with_context(|| format!("cannot start {}", program.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}: {}", output.status, said.trim());
    }
    Ok(Outcome::Measured(serde_json::from_slice(&output.stdout).context("the process gives no result")?))
}

/// Measures that of some workloads which has this name in this process, and writes what [`run_all`] reads.
pub fn measure_here(
    workloads: &[Workload],
    name: &str,
    inputs: &Inputs,
    threads: usize,
    out: impl Write,
) -> Result<()> {
    let workload = workloads.iter().find(|workload| workload.to_string() == name);
    let workload = workload.with_context(|| format!("no workload is named {name}"))?;
    let measured = (workload.measure)(&Case { inputs, workload, threads })?;
    Ok(serde_json::to_writer(out, &measured.with("threads", threads))?)
}
