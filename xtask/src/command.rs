//! Starts other programs: cargo as the user would start it, and a look-up of what the machine has.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The folder of the workspace, whatever the current folder is.
pub(crate) fn workspace() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The `LIBTORCH` of the user's own environment.
///
/// Cargo's configuration sets the variable for xtask as well: that value says nothing of the user's wishes.
pub(crate) fn users_libtorch() -> Option<PathBuf> {
    let value = PathBuf::from(env::var_os("LIBTORCH").filter(|value| !value.is_empty())?);
    (value != workspace().join(".libtorch")).then_some(value)
}

/// Cargo in the environment the user started xtask in, so that neither side rebuilds what the other built.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args);
    if users_libtorch().is_none() {
        cargo.env_remove("LIBTORCH");
    }
    cargo
}

/// Runs a command on this process's streams; a failure names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Builds a program of the `mis-tests` package and those that it starts with optimization, and runs it in the current
/// folder.
pub(crate) fn run_benchmark<S: AsRef<OsStr>>(name: &str, starts: &[&str], args: &[S]) -> Result<()> {
    let package = ["--release", "--package", "mis-tests"];
    // Built loudly: the first build takes minutes. Run quietly: what follows is the program's own output.
    let programs = starts.iter().chain([&name]).flat_map(|program| ["--bin", program]);
    run(cargo(["build"]).args(package).args(programs))?;
    run(cargo(["run", "--quiet"]).args(package).args(["--bin", name, "--"]).args(args))
}

/// The first of the programs that the `PATH` has.
pub(crate) fn find_program<'a>(names: &[&'a str]) -> Option<&'a str> {
    let path = env::var_os("PATH").unwrap_or_default();
    names.iter().copied().find(|name| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// `cargo test --workspace`: the command as one would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    format!("`{}`", words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_the_folder_above_xtask() {
        assert!(workspace().join("xtask/Cargo.toml").is_file());
    }

    #[test]
    fn a_failing_command_is_named_as_one_would_type_it() {
        assert_eq!(
            shown(Command::new("/some/where/cargo").args(["test", "--workspace"])),
            "`cargo test --workspace`"
        );
    }
}
