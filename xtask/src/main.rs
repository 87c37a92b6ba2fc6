//! `cargo xtask`: set-up, tests, tidy, benchmarks and the gate of the workspace.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks on its standard streams")]

mod bench_kits;
mod bench_ops;
mod ci;
mod command;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Set-up, tests, tidy, benchmarks and the gate of the workspace.
///
/// On a fresh machine with Rust, python3 and a C++ compiler, `cargo xtask bench-kits` and `cargo xtask test` do all
/// the set-up themselves; after that plain `cargo build`, `cargo test --workspace` and the built programs work.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Setup(setup::Args),
    Test(test::Args),
    /// Holds the rules of the code base that compiler and clippy do not know.
    ///
    /// Scans the files git knows or would take in, as text, without a build: which crate may use which, module docs,
    /// file lengths, file names, left-over markers, white space, a README and a line in the code map for each crate.
    /// Lists every violation as `path:line: what, and how to mend it`.
    Tidy,
    BenchKits(bench_kits::Args),
    BenchOps(bench_ops::Args),
    /// The gate: all checks, cheapest first, with a table of their times.
    ///
    /// System, fmt, tidy, clippy and tests without libtorch, set-up, clippy, docs and tests of the whole workspace,
    /// and the main benchmark against its stored report. Stops at the first check that fails.
    Ci,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Setup(args) => setup::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Tidy => tidy::run(),
        Task::BenchKits(args) => bench_kits::run(&args),
        Task::BenchOps(args) => bench_ops::run(&args),
        Task::Ci => ci::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
