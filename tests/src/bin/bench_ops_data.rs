//! Measures an operation that needs no network, for `bench-ops`. It loads no libtorch, as a program that takes the crates of
//! the data path alone does not.

#![expect(clippy::print_stderr, reason = "what went wrong goes to stderr")]

use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use mis_tests::bench_ops::{DATA, Inputs, measure_here};

/// Measures one operation; `cargo xtask bench-ops` starts this program
#[derive(Debug, Parser)]
#[command(version)]
struct BenchOpsData {
    /// Folder of the inputs
    #[arg(long, value_name = "DIR")]
    inputs: PathBuf,
    /// Threads, which the environment tells rayon of
    #[arg(long, value_name = "N")]
    threads: usize,
    /// Name of the operation
    #[arg(long, value_name = "OP")]
    measure: String,
}

fn main() -> ExitCode {
    match BenchOpsData::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl BenchOpsData {
    fn run(&self) -> Result<()> {
        mis::core::keep_memory();
        measure_here(DATA, &self.measure, &Inputs::open(&self.inputs)?, self.threads, stdout())
    }
}
