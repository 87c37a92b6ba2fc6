//! What the program says on stderr while it works.
#![expect(clippy::print_stderr, reason = "progress and what went wrong go to stderr")]

use std::io::stderr;

use clap::ValueEnum;
use tracing::Level;

/// How the program says what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Bars on a terminal, notes and errors as text
    #[default]
    Text,
    /// A JSON object a line for each case, epoch, note and error
    Json,
}

impl LogFormat {
    /// Begins to collect events where they are wanted.
    pub fn begin(self) {
        if self == Self::Json {
            let lines = tracing_subscriber::fmt().json().with_max_level(Level::INFO).with_target(false);
            lines.with_writer(stderr).init();
        }
    }

    /// Tells what the user should know.
    pub fn note(self, text: &str) {
        match self {
            Self::Text => eprintln!("{text}"),
            Self::Json => tracing::warn!("{text}"),
        }
    }

    /// Tells why the program ends.
    pub fn error(self, error: &anyhow::Error) {
        match self {
            Self::Text => eprintln!("error: {error:#}"),
            Self::Json => tracing::error!("{error:#}"),
        }
    }
}
