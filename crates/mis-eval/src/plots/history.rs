//! What a fold's epochs came to, from its file.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// The figures of a fold's epochs, as its `history.tsv` has them: a column `epoch`, counted from 1, and others, in which
/// an empty field is of an epoch without the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldHistory {
    /// The fold, from 0.
    pub fold: usize,
    epochs: Vec<f64>,
    columns: Vec<(String, Vec<Option<f64>>)>,
}

impl FoldHistory {
    /// Reads the file of a fold.
    pub fn read(path: &Path, fold: usize) -> Result<Self> {
        let read = || -> Result<Self> {
            let mut rows = csv::ReaderBuilder::new().delimiter(b'\t').from_path(path)?;
            let names: Vec<String> = rows.headers()?.iter().map(String::from).collect();
            ensure!(names.first().is_some_and(|name| name == "epoch"), "expected a first column \"epoch\"");
            let mut history = Self {
                fold,
                epochs: Vec::new(),
                columns: names[1..].iter().map(|name| (name.clone(), Vec::new())).collect(),
            };
            for row in rows.records() {
                let row = row?;
                let number = |at: usize| -> Result<Option<f64>> {
                    let text = &row[at];
                    if text.is_empty() {
                        return Ok(None);
                    }
                    text.parse().map(Some).with_context(|| format!("expected a number, found {text:?}"))
                };
                history.epochs.push(number(0)?.context("expected an epoch")?);
                for (place, (_, column)) in history.columns.iter_mut().enumerate() {
                    column.push(number(place + 1)?);
                }
            }
            Ok(history)
        };
        read().with_context(|| format!("cannot read {}", path.display()))
    }

    /// The names of its columns, without the epoch.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Epochs with the finite figures of a column; none where there is no such column.
    pub(super) fn column(&self, name: &str) -> Vec<(f64, f64)> {
        let Some((_, column)) = self.columns.iter().find(|(known, _)| known == name) else {
            return Vec::new();
        };
        let known = self.epochs.iter().zip(column).filter_map(|(&epoch, &value)| Some((epoch, value?)));
        known.filter(|(_, value)| value.is_finite()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_and_gaps_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.tsv");
        std::fs::write(&path, "epoch\tloss\tval_loss\n1\t0.5\t\n2\t0.25\t0.75\n3\tNaN\t0.5\n").unwrap();
        let history = FoldHistory::read(&path, 2).unwrap();
        assert_eq!(history.names().collect::<Vec<_>>(), ["loss", "val_loss"]);
        assert_eq!(history.column("loss"), [(1.0, 0.5), (2.0, 0.25)]);
        assert_eq!(history.column("val_loss"), [(2.0, 0.75), (3.0, 0.5)]);
        assert_eq!(history.column("lr"), []);
        std::fs::write(&path, "epoch\tloss\n1\tlow\n").unwrap();
        let error = format!("{:#}", FoldHistory::read(&path, 0).unwrap_err());
        assert!(
            error.ends_with("history.tsv: expected a number, found \"low\": invalid float literal"),
            "{error}"
        );
    }
}
