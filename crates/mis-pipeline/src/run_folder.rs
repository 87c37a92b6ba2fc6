//! The folder of a run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use mis_eval::{Split, write_splits};

use crate::{Environment, Experiment};

/// The folder of a run: the experiment as it was carried out, what it was made with, its splits, and a folder per
/// training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

const EXPERIMENT: &str = "experiment.toml";

impl RunFolder {
    /// Opens a folder for a run. Without `resume` one that holds a run already is refused, so that none is written over.
    pub fn for_run(path: &Path, resume: bool) -> Result<Self> {
        if path.join("splits.json").exists() && !resume {
            bail!("{} holds a run already: resume it, or choose another folder", path.display());
        }
        Ok(Self(path.to_owned()))
    }

    /// Opens the folder of a run to use what was trained there.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            bail!("expected the folder of a run, found no folder {}", path.display());
        }
        Ok(Self(path.to_owned()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The experiment as it was carried out.
    pub fn experiment(&self) -> Result<Experiment> {
        Experiment::read(&self.0.join(EXPERIMENT))
    }

    /// The folder of one training: of a fold, or of all cases.
    #[must_use]
    pub fn training(&self, fold: Option<usize>) -> PathBuf {
        match fold {
            Some(fold) => self.0.join(format!("fold_{fold}")),
            None => self.0.join("fold_all"),
        }
    }

    /// The folders of all trainings that have begun, sorted.
    pub fn trainings(&self) -> Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(&self.0).with_context(|| format!("cannot read {}", self.0.display()))? {
            let path = entry?.path();
            if path.join(mis_train::CHECKPOINT_LAST).exists() {
                folders.push(path);
            }
        }
        folders.sort();
        Ok(folders)
    }

    /// Writes what a run is known by. An experiment with parts of the user's own has no TOML form: its parts are
    /// listed in `experiment.txt` instead.
    pub(crate) fn describe(
        &self,
        experiment: &Experiment,
        environment: &Environment,
        splits: &[Split],
    ) -> Result<()> {
        match experiment.to_toml() {
            Ok(toml) => self.write(EXPERIMENT, &toml)?,
            Err(_) => self.write("experiment.txt", &format!("{experiment:#?}\n"))?,
        }
        self.write("environment.json", &(serde_json::to_string_pretty(environment)? + "\n"))?;
        write_splits(&self.0.join("splits.json"), splits)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<()> {
        mis_core::write_atomically(&self.0.join(name), |file| Ok(file.write_all(text.as_bytes())?))
    }
}
