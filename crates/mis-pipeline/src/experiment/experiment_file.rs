//! An experiment as a file.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::Experiment;

impl Experiment {
    /// Reads an experiment file. Paths in it are relative to its folder; an error names line, column and the names that
    /// would have fitted.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut experiment: Self =
            toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))?;
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        experiment.resolve(folder);
        Ok(experiment)
    }

    /// Takes relative paths as from this folder.
    pub(crate) fn resolve(&mut self, folder: &Path) {
        self.data.resolve(folder);
        if let Some(folds) = &mut self.folds {
            folds.resolve(folder);
        }
        if let Some(store) = &mut self.store {
            store.folder = folder.join(&store.folder);
        }
    }

    /// The experiment as the text of its file. Steps, losses and networks of one's own cannot be written.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).context("cannot write the experiment as a file")
    }
}
