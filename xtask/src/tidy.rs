//! `cargo xtask tidy`: the rules of the code base that compiler and clippy do not know.

mod edges;
mod layout;
mod text;

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::workspace;

/// A place where a rule is broken.
#[derive(Debug, PartialEq)]
struct Violation {
    path: String,
    line: usize,
    /// What is wrong, and how to mend it.
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A text file of the workspace; its path is relative and has `/` between its parts.
#[derive(Debug)]
struct SourceFile {
    path: String,
    text: String,
}

pub(crate) fn run() -> Result<()> {
    let files = read_text_files(&workspace())?;
    for warning in files.iter().filter_map(text::length_warning) {
        eprintln!("warning: {warning}");
    }
    let mut violations: Vec<Violation> = files.iter().flat_map(text::check).collect();
    violations.extend(edges::check(&files)?);
    violations.extend(layout::check(&files)?);
    violations.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        1 => bail!("tidy found 1 violation"),
        n_violations => bail!("tidy found {n_violations} violations"),
    }
}

/// All text files git knows or would take in.
fn read_text_files(root: &Path) -> Result<Vec<SourceFile>> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(list).current_dir(root).output();
    let output = output.context("cannot start git, which tidy asks for the files")?;
    if !output.status.success() {
        bail!("git cannot list the files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let listed = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut files = Vec::new();
    for path in listed.split_terminator('\0').filter(|path| is_text(path)) {
        // Git lists a file that is deleted and not yet committed.
        if root.join(path).is_file() {
            let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
            files.push(SourceFile { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(ending, "rs" | "toml" | "md" | "sh" | "py" | "yml" | "yaml" | "gitignore")
        || path.starts_with(".ci/")
}

#[cfg(test)]
impl SourceFile {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_files_are_told_by_their_names() {
        for path in ["a/b.rs", "Cargo.toml", ".ci/run", ".gitignore", "x.md"] {
            assert!(is_text(path), "{path}");
        }
        for path in ["a.nii.gz", "LICENSE-MIT", "Cargo.lock", "rs"] {
            assert!(!is_text(path), "{path}");
        }
    }

    #[test]
    fn a_violation_reads_as_path_line_and_what() {
        assert_eq!(Violation::new("a.rs", 3, "too long: split it").to_string(), "a.rs:3: too long: split it");
    }
}
