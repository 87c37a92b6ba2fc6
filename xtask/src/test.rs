//! `cargo xtask test`: every test of the workspace, libtorch included.

use std::env;
use std::ffi::OsString;

use anyhow::Result;

use crate::{command, setup};

/// Brings libtorch if need be, then runs every test of the workspace.
///
/// What follows goes to `cargo test`: `cargo xtask test --release`, `cargo xtask test -p mis-train -- --nocapture`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments of `cargo test`; `--workspace` is added unless a package is named
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    setup::ensure()?;
    let mut args = args.args.clone();
    // Clap drops a `--` in the first place, which here belongs to `cargo test`.
    if env::args_os().nth(2).is_some_and(|arg| arg == "--") {
        args.insert(0, "--".into());
    }
    let mut test = command::cargo(["test"]);
    if !names_package(&args) {
        test.arg("--workspace");
    }
    command::run(test.args(args))
}

fn names_package(args: &[OsString]) -> bool {
    let own = args.iter().take_while(|arg| *arg != "--").map(|arg| arg.to_string_lossy());
    own.into_iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: bool) {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        assert_eq!(names_package(&args), expected, "{line}");
    }

    #[test]
    fn a_package_is_named_before_the_dashes_alone() {
        check("", false);
        check("--release spacing", false);
        check("-p mis-core", true);
        check("--package=mis-core", true);
        check("--release -- --package", false);
    }
}
