//! The folder of a run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mis_eval::{Split, read_splits, write_splits};
use mis_train::check_same_experiment;

use crate::{Environment, Experiment};

/// The folder of a run: the experiment as it was carried out, what it was made with, its splits, and a folder per
/// training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

const EXPERIMENT: &str = "experiment.toml";
const SETTINGS: &str = "settings.txt";
const SPLITS: &str = "splits.json";

impl RunFolder {
    /// Opens a folder for a run. Without `resume` one that holds a run already is refused, so that none is written over.
    pub fn for_run(path: &Path, resume: bool) -> Result<Self> {
        if path.join(SETTINGS).exists() && !resume {
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

    /// The experiment's file as text; what stands in `settings.txt` where it has none.
    pub(crate) fn experiment_text(&self) -> Result<Option<String>> {
        for name in [EXPERIMENT, SETTINGS] {
            let path = self.0.join(name);
            if path.exists() {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
                return text.map(Some);
            }
        }
        Ok(None)
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

    /// Writes what a run is known by; a folder that holds a run of other settings or data is refused. An experiment
    /// with parts of the user's own has no TOML form: `settings.txt` lists them.
    pub(crate) fn describe(
        &self,
        experiment: &Experiment,
        settings: &str,
        environment: &Environment,
    ) -> Result<()> {
        let known = self.0.join(SETTINGS);
        if known.exists() {
            let theirs =
                fs::read_to_string(&known).with_context(|| format!("cannot read {}", known.display()))?;
            return check_same_experiment(&self.0, theirs.trim_end(), settings);
        }
        if let Ok(toml) = experiment.to_toml_from(&std::env::current_dir()?) {
            self.write(EXPERIMENT, &toml)?;
        }
        self.write("environment.json", &(serde_json::to_string_pretty(environment)? + "\n"))?;
        self.write(SETTINGS, &format!("{settings}\n"))
    }

    /// Writes the splits of a cross-validation; others than the folder has are refused.
    pub(crate) fn keep_splits(&self, splits: &[Split]) -> Result<()> {
        let file = self.0.join(SPLITS);
        if !file.exists() {
            return write_splits(&file, splits);
        }
        ensure!(read_splits(&file)? == splits, "{} has other splits than the experiment", file.display());
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        mis_core::write_atomically(&self.0.join(name), |file| Ok(file.write_all(text.as_bytes())?))
    }
}
