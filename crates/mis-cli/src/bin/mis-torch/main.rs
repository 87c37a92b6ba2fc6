//! The work of the program `mis`, which links libtorch: `mis` starts it in its place. It takes the same arguments.

#![expect(clippy::print_stdout, reason = "results go to stdout")]

mod check;
mod compare;
mod convert;
mod cv;
mod evaluate;
mod experiment;
mod inspect;
mod plan;
mod predict;
mod ranks;
mod render;
mod train;

use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use mis_cli::{Cli, Verb};
use mis_pipeline::{Alone, Ranks, StopSignal};

fn main() -> ExitCode {
    let cli = Cli::read();
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
        Verb::Inspect(args) => inspect::run(args, cli.threads),
        Verb::Check(args) => check::run(args, cli.threads, log),
        Verb::Plan(args) => plan::run(args),
        Verb::Cv(args) => cv::run(args, &stop, ranks, log),
        Verb::Train(args) => train::run(args, &stop, ranks, log),
        Verb::Predict(args) => predict::run(args, &stop, ranks.as_ref()),
        Verb::Evaluate(args) => evaluate::run(args),
        Verb::Compare(args) => compare::run(args),
        Verb::Render(args) => render::run(args, log),
        Verb::Convert(args) => convert::run(args),
        Verb::Completions(args) => args.run(),
    }
}
