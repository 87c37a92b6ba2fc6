//! `cargo xtask bench-kits`: the main job, cross-validation as the MIScnn paper runs it.

use std::ffi::OsString;

use anyhow::Result;

use crate::{command, setup};

/// Cross-validates kidney and tumor segmentation, and reports it beside the MIScnn paper.
///
/// Brings libtorch if need be and builds with optimization. Without arguments it takes the embedded phantoms, a few
/// minutes on two cores; `--data DIR` takes the real KiTS19. `cargo xtask bench-kits -- --help` lists all options.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments of the benchmark
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    setup::ensure()?;
    command::run_benchmark("bench-kits", &[], &args.args)
}
