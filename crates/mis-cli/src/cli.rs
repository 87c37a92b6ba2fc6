//! The whole command line.

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    Check, Compare, Completions, Convert, Cv, Evaluate, Inspect, LogFormat, Plan, Predict, Render, Train,
};

/// Medical image segmentation: trains U-Nets on scans with expert labels, predicts label maps on the scans' own
/// lattice, and says by cross-validation how good they are.
#[derive(Debug, Parser)]
#[command(name = "mis", bin_name = "mis", version, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub verb: Verb,
    /// Threads of libtorch and of the data path [default: all cores]
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Be fast beside other programs that use the cores: threads of libtorch that wait give theirs up
    #[arg(long, global = true)]
    pub share_cores: bool,
    /// How progress, notes and errors are told on stderr
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// What is to be done, with its own arguments.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the documentation of each is its help")]
pub enum Verb {
    Inspect(Inspect),
    Check(Check),
    Plan(Plan),
    Cv(Cv),
    Train(Train),
    Predict(Predict),
    Evaluate(Evaluate),
    Compare(Compare),
    Render(Render),
    Convert(Convert),
    Completions(Completions),
}

impl Cli {
    /// What was said to this program. Help, the version and wrong use end it.
    #[must_use]
    pub fn read() -> Self {
        let cli = Self::parse();
        if let Verb::Render(render) = &cli.verb
            && let Err(error) = render.rendered()
        {
            Self::wrong_use(ErrorKind::WrongNumberOfValues, &error);
        }
        cli
    }

    /// Ends the program, as the parser does, for what only a look at the values shows.
    pub fn wrong_use(kind: ErrorKind, error: &anyhow::Error) -> ! {
        Self::command().error(kind, format!("{error:#}")).exit()
    }
}
