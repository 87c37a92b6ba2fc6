//! An experiment file with those that it extends.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use toml::Spanned;
use toml::de::DeTable;

/// The key that names the file that a file extends.
pub(crate) const EXTENDS: &str = "extends";

/// The texts of an experiment file and of those that it extends, the last of these first.
///
/// A place in the texts is counted over all of them, one after the other, so that it tells the file too.
#[derive(Debug)]
pub(crate) struct FileChain(Vec<FileText>);

/// The text of one file.
#[derive(Debug)]
pub(crate) struct FileText {
    path: PathBuf,
    text: String,
    /// The place of its first byte.
    first: usize,
}

impl FileChain {
    /// Reads a file, the one that it extends, and so on.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let mut files: Vec<FileText> = Vec::new();
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let read = || format!("cannot read {}", path.display());
            let by = files.last().map(|file| format!("{} extends it", file.path.display()));
            let text = fs::read_to_string(&path).with_context(read);
            let text = match by {
                Some(by) => text.context(by)?,
                None => text?,
            };
            let known = path.canonicalize().with_context(read)?;
            if seen.contains(&known) {
                let names: Vec<_> = files.iter().map(|file| file.path.display().to_string()).collect();
                bail!("files extend each other in a circle: {} -> {}", names.join(" -> "), path.display());
            }
            seen.push(known);
            let file = FileText { path, text, first: 0 };
            next = file.extends()?;
            files.push(file);
        }
        files.reverse();
        let mut first = 0;
        for file in &mut files {
            file.first = first;
            first += file.text.len() + 1; // an error may point behind the last byte
        }
        Ok(Self(files))
    }

    /// A text that stands for a file.
    pub(crate) fn of_text(path: PathBuf, text: String) -> Self {
        Self(vec![FileText { path, text, first: 0 }])
    }

    /// The files, the one that extends the others last.
    pub(crate) fn files(&self) -> &[FileText] {
        &self.0
    }

    /// The error with its file, line and column, and the line itself.
    pub(crate) fn located(&self, error: &toml::de::Error) -> anyhow::Error {
        let last = self.0.last().expect("a chain has a file");
        let place = error.span().unwrap_or(last.first..last.first);
        let file = self.0.iter().rev().find(|file| file.first <= place.start).unwrap_or(last);
        file.located(error.message(), place.start - file.first..place.end.saturating_sub(file.first))
    }
}

impl FileText {
    /// The folder that its paths start from.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
    }

    /// The place of its first byte.
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    /// Its keys and values.
    pub(crate) fn table(&self) -> Result<Spanned<DeTable<'_>>> {
        DeTable::parse(&self.text)
            .map_err(|error| self.located(error.message(), error.span().unwrap_or(0..0)))
    }

    /// The file that it extends.
    fn extends(&self) -> Result<Option<PathBuf>> {
        let table = self.table()?;
        let Some(value) = table.get_ref().get(EXTENDS) else { return Ok(None) };
        match value.get_ref().as_str() {
            Some(name) if !name.is_empty() => Ok(Some(self.folder().join(name))),
            _ => Err(self.located("extends: expected the path of an experiment file", value.span())),
        }
    }

    fn located(&self, message: &str, place: Range<usize>) -> anyhow::Error {
        let start = place.start.min(self.text.len());
        let before = &self.text[..start];
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let (line, column) = (before.matches('\n').count() + 1, before[begin..].chars().count() + 1);
        let shown = self.text[begin..].lines().next().unwrap_or_default();
        let end = place.end.clamp(start, begin + shown.len().max(start - begin));
        let marks = "^".repeat(self.text[start..end].chars().count().max(1));
        let margin = " ".repeat(line.to_string().len());
        anyhow::anyhow!(
            "cannot use {}, line {line}, column {column}: {}\n{line} | {shown}\n{margin} | {}{marks}",
            self.path.display(),
            message.trim_end(),
            " ".repeat(column - 1)
        )
    }
}
