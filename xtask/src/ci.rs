//! `cargo xtask ci`: the gate.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::command::{cargo, run as run_command, workspace};
use crate::{setup, tidy};

const BASELINE: &str = "data-fixtures/bench-kits-baseline.json";

/// A check of the gate.
struct Step {
    name: &'static str,
    check: fn() -> Result<()>,
}

/// Cheapest first, so that a fault is seen early. Compiler flags are the same in all steps and lints are given behind
/// `--`, so that no step compiles what another has compiled.
const STEPS: [Step; 11] = [
    Step { name: "system", check: setup::check_system },
    Step { name: "fmt", check: || run_command(&mut cargo(["fmt", "--all", "--check"])) },
    Step { name: "tidy", check: tidy::run },
    Step { name: "clippy without libtorch", check: clippy_without_libtorch },
    Step { name: "tests without libtorch", check: || run_command(&mut without_libtorch(cargo(["test"]))) },
    Step { name: "setup", check: setup::ensure },
    Step { name: "clippy", check: || clippy(&["--workspace"]) },
    Step { name: "docs", check: docs },
    Step { name: "tests", check: || run_command(&mut cargo(["xtask", "test"])) },
    Step { name: "tests with MPI", check: with_mpi },
    Step {
        name: "bench-kits",
        check: || run_command(&mut cargo(["xtask", "bench-kits", "--check", BASELINE])),
    },
];

pub(crate) fn run() -> Result<()> {
    env::set_current_dir(workspace()).context("cannot enter the workspace")?;
    let mut times = Vec::new();
    let mut outcome = Ok(());
    for step in &STEPS {
        eprintln!("\n── {} ──", step.name);
        let start = Instant::now();
        outcome = (step.check)().context(step.name);
        times.push(start.elapsed());
        if outcome.is_err() {
            break;
        }
    }
    eprint!("\n{}", table(&times, outcome.is_ok()));
    outcome
}

fn clippy(packages: &[&str]) -> Result<()> {
    run_command(cargo(["clippy", "--all-targets"]).args(packages).args(["--", "-D", "warnings"]))
}

/// The tests that start several processes, where the system has an MPI.
fn with_mpi() -> Result<()> {
    let is_there =
        |name: &str| Command::new(name).arg("--version").output().is_ok_and(|run| run.status.success());
    if !is_there("mpirun") || !is_there("mpicc") {
        eprintln!(
            "note: passed over, there is no MPI (Debian: apt install libopenmpi-dev openmpi-bin libclang-dev)"
        );
        return Ok(());
    }
    let tests = ["--test", "ranks", "--test", "program", "--", "rank"];
    run_command(cargo(["test", "--workspace", "--features", "mis-cli/mpi"]).args(tests))
}

fn clippy_without_libtorch() -> Result<()> {
    clippy(&[])?;
    clippy(&["--package", "mis-io", "--no-default-features"]).context("mis-io without DICOM")
}

fn docs() -> Result<()> {
    // The variable takes the place of the configured flags, which only doctests need: pages are not linked.
    run_command(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Points to no libtorch at all, which shows that the default members do not use it.
fn without_libtorch(mut command: Command) -> Command {
    command.env("LIBTORCH", "/libtorch-is-not-needed-here").env_remove("LIBTORCH_USE_PYTORCH");
    command
}

/// One line per step: its outcome and its time.
fn table(times: &[Duration], all_passed: bool) -> String {
    let mut table = String::new();
    for (step_idx, step) in STEPS.iter().enumerate() {
        let line = match times.get(step_idx) {
            None => format!("{:<26} not run\n", step.name),
            Some(time) => {
                let passed = all_passed || step_idx + 1 < times.len();
                let outcome = if passed { "passed" } else { "FAILED" };
                format!("{:<26} {outcome}  {:>7.1} s\n", step.name, time.as_secs_f64())
            }
        };
        table.push_str(&line);
    }
    let total: Duration = times.iter().sum();
    table + &format!("{:<26} {:>15.1} s\n", "total", total.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_passed_failed_and_not_run_apart() {
        let table = table(&[Duration::from_millis(1500), Duration::from_secs(2)], false);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "system                     passed      1.5 s");
        assert_eq!(lines[1], "fmt                        FAILED      2.0 s");
        assert_eq!(lines[2], "tidy                       not run");
        assert_eq!(lines[STEPS.len()], "total                                  3.5 s");
    }
}
