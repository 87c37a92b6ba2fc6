//! How an experiment is carried out.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use mis_train::{Alone, Ranks, StopSignal};

/// How an experiment is carried out: what does not change its result.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The run folder.
    pub out: PathBuf,
    /// Whether to go on with a run that the folder holds.
    pub resume: bool,
    /// The folds to carry out; none for all.
    pub folds: Option<Vec<usize>>,
    /// Bytes of memory that the run may take; none for what the machine has available.
    pub memory: Option<u64>,
    /// The wish to stop.
    pub stop: StopSignal,
    /// The processes that carry it out together: they share the folds of a cross-validation, and the batches of one
    /// training.
    pub ranks: Rc<dyn Ranks>,
}

impl RunOptions {
    /// All folds, into a folder that holds no run yet.
    #[must_use]
    pub fn into(out: &Path) -> Self {
        Self {
            out: out.to_owned(),
            resume: false,
            folds: None,
            memory: None,
            stop: StopSignal::default(),
            ranks: Rc::new(Alone),
        }
    }
}
