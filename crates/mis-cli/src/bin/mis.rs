//! The program `mis`: plan, cross-validate, train, predict and evaluate from the shell. It reads what was said to it, and
//! hands it on to `mis-torch`; so help, wrong use and completions do not wait for libtorch to be loaded.

use std::env;
use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use mis_cli::{Cli, Verb};

fn main() -> ExitCode {
    let cli = Cli::read();
    cli.log_format.begin();
    let ended = match &cli.verb {
        Verb::Completions(completions) => completions.run().map(|()| ExitCode::SUCCESS),
        _ => hand_on(),
    };
    ended.unwrap_or_else(|error| {
        cli.log_format.error(&error);
        ExitCode::FAILURE
    })
}

/// Has `mis-torch` carry out the same arguments.
fn hand_on() -> Result<ExitCode> {
    let program = worker()?;
    let mut command = Command::new(&program);
    command.args(env::args_os().skip(1));
    become_it(command).with_context(|| format!("cannot start {}", program.display()))
}

/// `mis-torch` beside this program, wherever links to it lie.
fn worker() -> Result<PathBuf> {
    let this = env::current_exe()?.canonicalize()?;
    let worker = this.with_file_name(format!("mis-torch{EXE_SUFFIX}"));
    ensure!(
        worker.is_file(),
        "expected {}, which does the work of {}, found none: both are installed together (cargo install --locked \
         --path crates/mis-cli) and built together (cargo build --package mis-cli)",
        worker.display(),
        this.display()
    );
    Ok(worker)
}

/// The same process goes on as the other program, so that signals, standard streams and the launchers of MPI find it.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().into())
}

/// Waits for the other program, and ends as it does.
#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<ExitCode> {
    ctrlc::set_handler(|| {})?; // the console tells both, and the other one ends in order
    std::process::exit(command.status()?.code().unwrap_or(1))
}
