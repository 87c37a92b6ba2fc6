//! Weights that a training begins with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mis_models::Model;
use mis_train::{CHECKPOINT_LAST, Checkpoint};

use super::fingerprint::file_sha256;

/// The checkpoint that `start-from` means: the file, or the last one of a training's folder.
fn checkpoint(start_from: &Path) -> PathBuf {
    if start_from.is_dir() { start_from.join(CHECKPOINT_LAST) } else { start_from.to_owned() }
}

/// Puts the weights of a checkpoint into a network, as far as they fit. None that fits is an error.
pub(crate) fn start_from(model: &mut Model, start_from: Option<&Path>) -> Result<()> {
    let Some(path) = start_from else { return Ok(()) };
    let mut begin = || model.set_fitting_weights(&Checkpoint::load(&checkpoint(path))?.weights);
    begin().context("start-from")?;
    Ok(())
}

/// The SHA-256 of that checkpoint.
pub(crate) fn start_sha256(start_from: Option<&Path>) -> Result<Option<String>> {
    start_from.map(|path| file_sha256(&checkpoint(path)).context("start-from")).transpose()
}
