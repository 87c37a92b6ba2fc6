//! The files of a training.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::curves::write_curves;
use crate::events::EventFile;
use crate::{Checkpoint, History, TrainState, Trainer};

/// File of the last state in a training's folder.
pub const CHECKPOINT_LAST: &str = "checkpoint_last.safetensors";
/// File of the state with the best validation in a training's folder.
pub const CHECKPOINT_BEST: &str = "checkpoint_best.safetensors";
/// What the names of the files of single epochs begin with.
const CHECKPOINT_EPOCH: &str = "checkpoint_epoch_";

/// The folder of a training while it runs. Each file is replaced as a whole: a full disk or the end of the process leaves
/// the one before. Of several ranks one writes; the others keep to what they are asked.
#[derive(Debug)]
pub(crate) struct TrainingFolder<'a> {
    path: &'a Path,
    experiment: &'a str,
    /// Checkpoints of so many epochs are kept.
    keep: u32,
    writes: bool,
    events: Option<EventFile>,
}

impl<'a> TrainingFolder<'a> {
    /// Opens the folder, made if need be, and removes what a killed run left half-written.
    pub(crate) fn open(path: &'a Path, experiment: &'a str, keep: u32, writes: bool) -> Result<Self> {
        let prepare = || -> Result<()> {
            fs::create_dir_all(path)?;
            for file in files(path, mis_core::TEMPORARY_PREFIX)? {
                fs::remove_file(file)?;
            }
            Ok(())
        };
        if writes {
            prepare().with_context(|| format!("cannot use the folder {}", path.display()))?;
        }
        Ok(Self { path, experiment, keep, writes, events: None })
    }

    pub(crate) fn last(&self) -> PathBuf {
        self.path.join(CHECKPOINT_LAST)
    }

    /// Says where weights are no numbers, before they are saved.
    pub(crate) fn check(&self, trainer: &Trainer<'_>, state: &TrainState) -> Result<()> {
        let n_steps = state.n_steps;
        ensure!(
            trainer.is_finite()?,
            "the weights are no numbers after step {n_steps}; {}",
            self.last_good()
        );
        Ok(())
    }

    pub(crate) fn save_last(&self, trainer: &Trainer<'_>, state: &TrainState) -> Result<()> {
        self.save(&self.last(), trainer, state)
    }

    pub(crate) fn save_best(&self, trainer: &Trainer<'_>, state: &TrainState) -> Result<()> {
        self.save(&self.path.join(CHECKPOINT_BEST), trainer, state)
    }

    fn save(&self, path: &Path, trainer: &Trainer<'_>, state: &TrainState) -> Result<()> {
        if self.writes { Checkpoint::save(path, trainer, state, self.experiment) } else { Ok(()) }
    }

    /// Where a run that has gone wrong can go back to.
    pub(crate) fn last_good(&self) -> String {
        match self.last() {
            last if last.exists() => format!("the last good state is {}", last.display()),
            _ => "no state was saved yet".to_owned(),
        }
    }

    /// Keeps the last state as that of its epoch too, which takes no room of its own, and removes those of epochs that are
    /// long past.
    pub(crate) fn rotate(&self, n_epochs: u32) -> Result<()> {
        if self.keep == 0 || !self.writes {
            return Ok(());
        }
        let path = self.path.join(format!("{CHECKPOINT_EPOCH}{n_epochs:06}.safetensors"));
        let rotate = || -> Result<()> {
            if path.exists() {
                fs::remove_file(&path)?; // of a run that was killed before the epoch's other files were there
            }
            // A second name: the last state is replaced by another file, never written to.
            if fs::hard_link(self.last(), &path).is_err() {
                fs::copy(self.last(), &path)?; // not every file system has second names
            }
            let mut old = files(self.path, CHECKPOINT_EPOCH)?;
            old.truncate(old.len().saturating_sub(self.keep as usize));
            Ok(old.iter().try_for_each(fs::remove_file)?)
        };
        rotate().with_context(|| format!("cannot keep {}", path.display()))
    }

    /// Writes `history.tsv`, `curves.svg` and TensorBoard's file. Called for each epoch; the first call may be of many.
    pub(crate) fn report(&mut self, history: &History) -> Result<()> {
        if !self.writes {
            return Ok(());
        }
        history.write_tsv(&self.path.join("history.tsv"))?;
        write_curves(history, &self.path.join("curves.svg"))?;
        match (&mut self.events, history.epochs.last()) {
            (Some(events), Some(stats)) => events.add(stats)?,
            _ => self.events = Some(EventFile::begin(self.path, history)?),
        }
        Ok(())
    }
}

/// The files of a folder whose names begin so, sorted.
fn files(folder: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}
