//! What the program says on stderr while it works.

use std::io::stderr;

use clap::ValueEnum;
use tracing::Level;

/// How the program says what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Bars on a terminal, notes and errors as text
    #[default]
    Text,
    /// A JSON object a line for each case, epoch, note and error
    Json,
}

impl LogFormat {
    /// Begins to collect events where they are wanted.
    pub(crate) fn begin(self) {
        if self == Self::Json {
            let lines = tracing_subscriber::fmt().json().with_max_level(Level::INFO).with_target(false);
            lines.with_writer(stderr).init();
        }
    }

    /// Tells what the user should know.
    pub(crate) fn note(self, text: &str) {
        match self {
            Self::Text => eprintln!("{text}"),
            Self::Json => tracing::warn!("{text}"),
        }
    }

    /// Tells why the program ends.
    pub(crate) fn error(self, error: &anyhow::Error) {
        match self {
            Self::Text => eprintln!("error: {error:#}"),
            Self::Json => tracing::error!("{error:#}"),
        }
    }
}
