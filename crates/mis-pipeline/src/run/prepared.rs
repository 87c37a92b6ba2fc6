//! Cases as the network sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use mis_core::{ClassTable, DataSource, IGNORE, Sample, SampleId};
use mis_patch::{DiskRoom, SampleStore, StoreKey};
use mis_preproc::{Step, apply_all};
use rayon::prelude::*;

use super::store::sample_key;
use crate::Store;
use crate::progress::Progress;

/// A data set after preprocessing. Prepared samples are kept in memory up to a budget, and what is over it is read and
/// prepared again at each visit; or on disk, where a patch is read without the rest.
#[derive(Debug)]
pub struct Prepared {
    source: Arc<dyn DataSource>,
    steps: Vec<Step>,
    kept: BTreeMap<SampleId, Arc<Sample>>,
    disk: Option<OnDisk>,
}

/// Prepared samples on disk.
#[derive(Debug)]
struct OnDisk {
    store: SampleStore,
    keys: BTreeMap<SampleId, StoreKey>,
}

/// Prepared samples kept in memory, in bytes: what leaves room for the network on a machine of 16 GiB.
pub(crate) const MEMORY_BUDGET: usize = 8 << 30;

impl Prepared {
    /// Reads and prepares each case once. Every case is looked at, and all that is wrong is told together, before
    /// anything is trained: missing files, lattices that differ, label values without a class, labels beyond the
    /// classes, steps that fail. With a `store` what is there already is compared with its checksum instead, and the
    /// disk is asked for room before anything is stored.
    pub fn new(
        source: Arc<dyn DataSource>,
        steps: Vec<Step>,
        ids: &[SampleId],
        classes: &ClassTable,
        store: Option<&Store>,
    ) -> Result<Self> {
        let disk =
            store.map(|store| OnDisk::open(store, source.as_ref(), &steps, ids, classes)).transpose()?;
        let mut prepared = Self { source, steps, kept: BTreeMap::new(), disk };
        let progress = Progress::over(ids.len(), "reading");
        // In portions, so that what is not kept in memory is let go before more is read.
        let (mut bytes, mut problems, mut room) = (0, Vec::new(), None);
        for portion in ids.chunks(4 * rayon::current_num_threads()) {
            let look = |id: &SampleId| {
                let sample = prepared.look(id, classes.n_classes());
                progress.step(&id.0);
                sample
            };
            let samples: Vec<_> = portion.par_iter().map(look).collect();
            for (id, sample) in portion.iter().zip(samples) {
                match sample {
                    Ok(None) => {} // is on disk
                    Ok(Some(sample)) => match &prepared.disk {
                        Some(disk) => {
                            if room.is_none() {
                                let asked = disk.room(prepared.source.as_ref(), &sample)?;
                                let folder = disk.store.folder().display();
                                progress
                                    .note(&format!("storing prepared samples in {folder}, about {asked}"));
                                room = Some(asked);
                            }
                            disk.store.put(&sample, &disk.keys[id]).with_context(|| id.to_string())?;
                        }
                        None => {
                            bytes +=
                                size_of_val(sample.image.as_slice()) + sample.image.geometry().n_voxels();
                            if bytes <= MEMORY_BUDGET {
                                prepared.kept.insert(id.clone(), Arc::new(sample));
                            }
                        }
                    },
                    Err(problem) => problems.push(format!("{problem:#}")),
                }
            }
        }
        drop(progress);
        match problems.as_slice() {
            [] => Ok(prepared),
            [problem] => bail!("{problem}"),
            _ => bail!("{} of {} cases cannot be used:\n{}", problems.len(), ids.len(), problems.join("\n")),
        }
    }

    /// Prepares a case and looks whether it can be trained on; none where it is on disk, whole.
    fn look(&self, id: &SampleId, n_classes: usize) -> Result<Option<Sample>> {
        if let Some(disk) = &self.disk {
            // A damaged file is made anew.
            if disk.store.verify(id, &disk.keys[id]).unwrap_or(false) {
                return Ok(None);
            }
        }
        let sample = self.prepare(id)?;
        let labels = sample.labels.as_ref().with_context(|| format!("{id} has no labels to train on"))?;
        let largest = labels.as_slice().iter().copied().filter(|&label| label != IGNORE).max().unwrap_or(0);
        if usize::from(largest) >= n_classes {
            bail!("{id}: expected class indices below the {n_classes} classes, found {largest}");
        }
        Ok(Some(sample))
    }

    fn prepare(&self, id: &SampleId) -> Result<Sample> {
        let sample = self.source.load(id)?;
        Ok(apply_all(&self.steps, sample).with_context(|| id.to_string())?.0)
    }
}

impl OnDisk {
    fn open(
        store: &Store,
        source: &dyn DataSource,
        steps: &[Step],
        ids: &[SampleId],
        classes: &ClassTable,
    ) -> Result<Self> {
        let key = |id: &SampleId| Ok((id.clone(), sample_key(source, id, steps, classes)?));
        let keys = ids.par_iter().map(key).collect::<Result<BTreeMap<_, _>>>().context("store")?;
        Ok(Self { store: SampleStore::open(&store.samples())?, keys })
    }

    /// Asks the disk for room for the cases that are not stored: about as much for a voxel of a scan as the first of
    /// them takes.
    fn room(&self, source: &dyn DataSource, first: &Sample) -> Result<DiskRoom> {
        let voxels = |id: &SampleId| -> Result<f64> {
            Ok(source.geometry(id).with_context(|| id.to_string())?.n_voxels() as f64)
        };
        let mut n_voxels = 0.0;
        for (id, key) in &self.keys {
            if !matches!(self.store.get(id, key), Ok(Some(_))) {
                n_voxels += voxels(id)?;
            }
        }
        let n = first.image.geometry().n_voxels();
        let of_first = SampleStore::n_bytes(first.image.n_channels(), n) as f64;
        DiskRoom::ask(self.store.folder(), (of_first * n_voxels / voxels(&first.id)?) as u64)
    }

    fn get(&self, id: &SampleId) -> Result<Option<Sample>> {
        match self.keys.get(id) {
            Some(key) => self.store.get(id, key),
            None => Ok(None),
        }
    }
}

impl DataSource for Prepared {
    fn ids(&self) -> Result<Vec<SampleId>> {
        self.source.ids()
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        Ok(Sample::clone(&*self.load_shared(id)?))
    }

    fn load_shared(&self, id: &SampleId) -> Result<Arc<Sample>> {
        if let Some(sample) = self.kept.get(id) {
            return Ok(sample.clone());
        }
        let on_disk = match &self.disk {
            Some(disk) => disk.get(id)?,
            None => None,
        };
        on_disk.map_or_else(|| self.prepare(id), Ok).map(Arc::new)
    }
}
