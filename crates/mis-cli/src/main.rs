//! The program `mis`: plan, cross-validate, train, predict and evaluate from the shell.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to stdout, what went wrong to stderr"
)]

mod check;
mod compare;
mod completions;
mod convert;
mod cv;
mod evaluate;
mod experiment_args;
mod inspect;
mod log;
mod plan;
mod predict;
mod ranks;
mod render;
mod run_args;
mod train;

use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use clap::{Parser, Subcommand};
use mis_pipeline::{Alone, Ranks, StopSignal};

use log::LogFormat;

/// Medical image segmentation: trains U-Nets on scans with expert labels, predicts label maps on the scans' own
/// lattice, and says by cross-validation how good they are.
#[derive(Debug, Parser)]
#[command(version, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// Threads of libtorch and of the data path [default: all cores]
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// Be fast beside other programs that use the cores: threads of libtorch that wait give theirs up
    #[arg(long, global = true)]
    share_cores: bool,
    /// How progress, notes and errors are told on stderr
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Inspect(inspect::Inspect),
    Check(check::Check),
    Plan(plan::Plan),
    Cv(cv::Cv),
    Train(train::Train),
    Predict(predict::Predict),
    Evaluate(evaluate::Evaluate),
    Compare(compare::Compare),
    Render(render::Render),
    Convert(convert::Convert),
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.log_format.begin();
    let mut ranks: Rc<dyn Ranks> = Rc::new(Alone);
    let Err(error) = run(&cli, &mut ranks) else { return ExitCode::SUCCESS };
    cli.log_format.error(&error);
    if ranks.n() > 1 {
        ranks.abort(); // the others would wait for this one
    }
    ExitCode::FAILURE
}

fn run(cli: &Cli, ranks: &mut Rc<dyn Ranks>) -> Result<()> {
    #[cfg(unix)]
    if cli.share_cores {
        mis_pipeline::share_cores()?;
    }
    *ranks = ranks::join()?;
    mis_pipeline::set_threads(cli.threads)?;
    let stop = StopSignal::default();
    let (signal, log) = (stop.clone(), cli.log_format);
    ctrlc::set_handler(move || {
        if signal.is_raised() {
            std::process::exit(130); // asked twice: at once, from the last checkpoint on disk
        }
        log.note("stopping after this step; once more stops at once");
        signal.raise();
    })?;
    match &cli.verb {
        Verb::Inspect(inspect) => inspect.run(cli.threads),
        Verb::Check(check) => check.run(cli.threads, log),
        Verb::Plan(plan) => plan.run(),
        Verb::Cv(cv) => cv.run(&stop, ranks, log),
        Verb::Train(train) => train.run(&stop, ranks, log),
        Verb::Predict(predict) => predict.run(&stop, ranks.as_ref()),
        Verb::Evaluate(evaluate) => evaluate.run(),
        Verb::Compare(compare) => compare.run(),
        Verb::Render(render) => render.run(log),
        Verb::Convert(convert) => convert.run(),
        Verb::Completions(completions) => completions.run(),
    }
}
