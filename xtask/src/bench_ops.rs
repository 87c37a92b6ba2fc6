//! `cargo xtask bench-ops`: the time and memory of single operations.

use std::ffi::OsString;

use anyhow::Result;

use crate::{command, setup};

/// Measures single operations, to stand side by side with other libraries.
///
/// Brings libtorch if need be and builds with optimization:
/// `cargo xtask bench-ops --inputs DIR --json OUT [--only OP…] [--threads N]`.
/// `cargo xtask bench-ops -- --help` lists all options.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments of the benchmark
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    setup::ensure()?;
    command::run_benchmark("bench-ops", &["bench-ops-data"], &args.args)
}
