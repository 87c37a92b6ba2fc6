//! What an experiment keeps on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mis_core::{ClassTable, DataSource, SampleId};
use mis_eval::Split;
use mis_patch::{PatchLoader, StoreKey, StoredBatches};
use mis_preproc::Step;
use serde::{Deserialize, Serialize};

use super::run::Run;
use crate::fingerprint;

/// What an experiment keeps on disk: the `[store]` table of its file.
///
/// Stored data are found by what they were made of (files, settings, version of the framework): experiments may share a
/// folder, and data that do not fit are made anew. The folder may be removed at any time between runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Store {
    /// The folder; made if need be.
    pub folder: PathBuf,
    /// What is kept there.
    #[serde(default)]
    pub keep: Keep,
}

/// What is kept on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Samples after preprocessing. Training reads of them what its patches need, and takes memory for these alone.
    #[default]
    Samples,
    /// Samples after preprocessing, and the training batches of the first epoch, which are then those of every epoch:
    /// crops and augmentation are frozen (MIScnn's `prepare_batches`).
    Batches,
}

impl Store {
    /// Where prepared samples are.
    pub(crate) fn samples(&self) -> PathBuf {
        self.folder.join("samples")
    }
}

/// What a prepared case is a function of.
pub(crate) fn sample_key(
    source: &dyn DataSource,
    id: &SampleId,
    steps: &[Step],
    classes: &ClassTable,
) -> Result<StoreKey> {
    let files = source.files(id)?;
    ensure!(
        !files.images.is_empty(),
        "{id} is not read from a file: leave out [store], or write the scans to files"
    );
    let digest = fingerprint(source, std::slice::from_ref(id)).with_context(|| id.to_string())?;
    Ok(key("sample", &[&digest, &format!("{classes:?}"), &format!("{steps:?}")]))
}

/// The training batches of a split, from the store or made and kept there.
pub(crate) fn stored_batches(
    run: &Run,
    split: &Split,
    loader: &PatchLoader,
    store: &Path,
) -> Result<StoredBatches> {
    let experiment = &run.experiment;
    let made_of = format!(
        "{:?}",
        (
            (&run.environment.data_sha256, &split.train, &run.classes, &experiment.preprocess),
            (&experiment.augment, &experiment.patches, experiment.seed),
            (loader.batch_size, loader.steps, loader.last, loader.order),
        )
    );
    StoredBatches::of(loader, &store.join("batches"), &key("batches", &[&made_of]))
}

/// A key of this version of the framework: another one may prepare otherwise.
fn key(what: &str, made_of: &[&str]) -> StoreKey {
    let version = [what, env!("CARGO_PKG_VERSION"), env!("MIS_REVISION")];
    StoreKey::of(&[&version[..], made_of].concat())
}
