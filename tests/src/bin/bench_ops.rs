//! The time and memory of single operations: `cargo xtask bench-ops`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to stdout, progress and what went wrong to stderr"
)]

use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Parser;
use mis_tests::bench_ops::{Inputs, NETWORKS, Outcome, measure_here, run_all, say_hello, select, workloads};

/// Measures single operations on fixed inputs, each in a fresh process, to stand side by side with other libraries
///
/// Appends one line of JSON per operation to a file, and writes outputs under the inputs' folder, in outputs/.
///
/// Examples:
///   cargo xtask bench-ops --inputs in --json mis.jsonl
///   cargo xtask bench-ops --inputs in --json mis.jsonl --only metrics_dice,augment_spatial_128/cubic --threads 1
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench-ops", verbatim_doc_comment, version)]
struct BenchOps {
    /// Folder of the inputs
    #[arg(long, value_name = "DIR", required_unless_present_any = ["list", "hello"])]
    inputs: Option<PathBuf>,
    /// File that lines are appended to
    #[arg(long, value_name = "OUT", required_unless_present_any = ["list", "hello", "measure"])]
    json: Option<PathBuf>,
    /// Operations, or operation/variant [default: all]
    #[arg(long, value_name = "OP", value_delimiter = ',')]
    only: Vec<String>,
    /// Threads
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// Show the operations and leave
    #[arg(long)]
    list: bool,
    /// Measure one workload of networks in this process
    #[arg(long, hide = true)]
    measure: Option<String>,
    /// Load libtorch and leave
    #[arg(long, hide = true)]
    hello: bool,
}

fn main() -> ExitCode {
    match BenchOps::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl BenchOps {
    fn run(&self) -> Result<()> {
        if self.hello {
            return say_hello(self.threads, stdout());
        }
        if self.list {
            list();
            return Ok(());
        }
        let inputs = Inputs::open(self.inputs.as_ref().context("--inputs is missing")?)?;
        if let Some(name) = &self.measure {
            mis::pipeline::set_threads(Some(self.threads))?;
            return measure_here(NETWORKS, name, &inputs, self.threads, stdout());
        }
        let workloads = select(&self.only)?;
        let (start, n) = (Instant::now(), workloads.len());
        let mut n_done = 0;
        let results = self.json.as_ref().context("--json is missing")?;
        run_all(&workloads, &inputs, self.threads, results, |workload, outcome| {
            n_done += 1;
            let seconds = start.elapsed().as_secs();
            let told = match outcome {
                Outcome::Measured(found) => {
                    format!("{:.4} s, {} times, peak {:.0} MiB", found.median_s, found.n, found.peak_rss_mb)
                }
                Outcome::Failed { error } => format!("failed: {error}"),
            };
            eprintln!("[{seconds:4} s {n_done}/{n}] {workload}: {told}");
        })
    }
}

fn list() {
    workloads().filter(|workload| !workload.by_name).for_each(|workload| println!("{workload}"));
    println!("\nonly by name, for they take minutes or give another result:");
    workloads().filter(|workload| workload.by_name).for_each(|workload| println!("{workload}"));
}
