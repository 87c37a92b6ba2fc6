//! `mis completions`.

use std::io::{Write as _, stdout};

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::Cli;

/// Writes the completions of a shell to standard output: verbs, options and their values at the tab key
///
/// Examples:
///   mis completions bash > ~/.local/share/bash-completion/completions/mis
///   mis completions zsh > ~/.zfunc/_mis                          with fpath+=~/.zfunc before compinit in ~/.zshrc
///   mis completions fish > ~/.config/fish/completions/mis.fish
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

impl Completions {
    /// Writes them.
    pub fn run(&self) -> Result<()> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "mis", &mut text);
        Ok(stdout().write_all(&text)?)
    }
}
