//! What may be said to the program `mis`: its verbs and their arguments.
//!
//! Two programs read the same [`Cli`]. `mis` links no libtorch, so that it starts at once: help, wrong use and completions
//! are its own. All else it hands on to `mis-torch` beside it, which links libtorch and carries it out.
//!
//! ```
//! use clap::Parser as _;
//! use mis_cli::{Cli, Verb};
//!
//! let cli = Cli::try_parse_from(["mis", "evaluate", "masks", "truth", "--classes", "background,nucleus=255"])?;
//! let Verb::Evaluate(evaluate) = cli.verb else { panic!("another verb") };
//! assert_eq!(evaluate.classes.index_of(255), Some(1));
//! # Ok::<(), clap::Error>(())
//! ```

#![allow(rustdoc::broken_intra_doc_links, reason = "help says [default: all], which is no link")]

mod cli;

mod check;
mod compare;
mod completions;
mod convert;
mod cv;
mod evaluate;
mod inspect;
mod plan;
mod predict;
mod render;
mod train;

mod experiment_args;
mod log_format;
mod run_args;

pub use cli::{Cli, Verb};

pub use check::Check;
pub use compare::Compare;
pub use completions::Completions;
pub use convert::Convert;
pub use cv::Cv;
pub use evaluate::Evaluate;
pub use inspect::Inspect;
pub use plan::Plan;
pub use predict::Predict;
pub use render::{Render, Rendered};
pub use train::Train;

pub use experiment_args::ExperimentArgs;
pub use log_format::LogFormat;
pub use run_args::RunArgs;
