//! Batches on disk, the same in every epoch.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mis_core::{Batch, BatchSource, SampleId, write_atomically};

use crate::ahead::Ahead;
use crate::store_folder::StoreFolder;
use crate::stored_file::{self, Header, StoredFile};
use crate::{CaseOrder, DiskRoom, EpochPlan, PatchLoader, StoreKey};

/// Batches made once and stored, for data whose augmentation takes longer than their training (MIScnn's
/// `prepare_batches`): crops and augmentation are frozen, only the order of batches changes from epoch to epoch.
///
/// Each batch is one file, checksummed, and read through a map of it by a thread that is two batches ahead. The folder of
/// a key says that it is whole only after its last batch; one that was broken off is made anew.
#[derive(Debug)]
pub struct StoredBatches {
    folder: StoreFolder,
    key: StoreKey,
    n_batches: usize,
    order: CaseOrder,
    seed: u64,
}

/// The file that says how many batches there are, and so that they are all there.
const COUNT: &str = "count";

impl StoredBatches {
    /// The batches of the loader's epoch 0, from a folder of the key in `folder` or made and stored there.
    ///
    /// `key` must tell apart all that the batches are a function of. Before the second batch is made the disk is asked for
    /// room for all of them.
    pub fn of(loader: &PatchLoader, folder: &Path, key: &StoreKey) -> Result<Self> {
        let folder = StoreFolder::open(&folder.join(key.short()))?;
        let count = folder.path().join(COUNT);
        let n_batches = match std::fs::read_to_string(&count) {
            Ok(n) => n.trim().parse().with_context(|| format!("cannot use {}", count.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(loader, folder.path(), key)?,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", count.display())),
        };
        Ok(Self { folder, key: key.clone(), n_batches, order: loader.order, seed: loader.seed })
    }

    /// Number of batches of an epoch.
    #[must_use]
    pub fn n_batches(&self) -> usize {
        self.n_batches
    }

    /// Their folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl BatchSource for StoredBatches {
    fn epoch(&self, epoch: u32) -> Box<dyn Iterator<Item = Result<Batch>> + Send + '_> {
        let plan = EpochPlan { seed: self.seed, epoch, n_cases: self.n_batches, order: self.order };
        let (folder, key) = (self.folder.path().to_owned(), self.key.clone());
        let batches =
            plan.cases().take(self.n_batches).map(move |batch_idx| read(&path(&folder, batch_idx), &key));
        Box::new(Ahead::of(batches, 2))
    }
}

fn make(loader: &PatchLoader, folder: &Path, key: &StoreKey) -> Result<usize> {
    let n_patches = loader.n_patches(0)?;
    let mut n_batches = 0;
    for batch in loader.epoch(0) {
        let batch = batch?;
        if n_batches == 0 {
            let bytes = 4 * batch.images().len() + batch.labels().map_or(0, |labels| labels.len());
            DiskRoom::ask(folder, bytes as u64 * n_patches.div_ceil(batch.n_patches()) as u64)?;
        }
        write(&path(folder, n_batches), &batch, key)?;
        n_batches += 1;
    }
    ensure!(n_batches > 0, "the loader gives no batch to store");
    write_atomically(&folder.join(COUNT), |file| Ok(writeln!(file, "{n_batches}")?))?;
    Ok(n_batches)
}

fn path(folder: &Path, batch_idx: usize) -> PathBuf {
    folder.join(format!("batch_{batch_idx:06}.mis"))
}

fn write(path: &Path, batch: &Batch, key: &StoreKey) -> Result<()> {
    let (n, n_channels, i, j, k) = batch.images().dim();
    let header = Header {
        key: key.clone(),
        ids: batch.ids().iter().map(|id| id.0.clone()).collect(),
        shape: [n, n_channels, i, j, k],
        affine: None,
        minima: Vec::new(),
        checksums: (0, None),
    };
    let (images, labels) = (batch.images(), batch.labels());
    let images = images.as_slice().context("a batch is in standard layout")?;
    stored_file::write(path, header, images, labels.as_ref().and_then(|labels| labels.as_slice()))
}

fn read(path: &Path, key: &StoreKey) -> Result<Batch> {
    let file = StoredFile::open(path, key)?;
    let read = || {
        file.verify()?;
        let ids = file.header.ids.iter().cloned().map(SampleId).collect();
        Batch::shared(file.images(), file.labels(), file.header.shape, ids)
    };
    read().with_context(|| {
        format!("cannot use {}: remove its folder to have the batches made anew", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LastBatch, PassedOver, RandomCrop, Share};
    use mis_core::ndarray::Array4;
    use mis_core::{Affine, DataSource, Sample, Volume};
    use std::sync::Arc;

    #[derive(Debug)]
    struct Numbers;

    impl DataSource for Numbers {
        fn ids(&self) -> Result<Vec<SampleId>> {
            Ok((0..10).map(|case| SampleId(case.to_string())).collect())
        }

        fn load(&self, id: &SampleId) -> Result<Sample> {
            let case: f32 = id.0.parse()?;
            let image = Array4::from_shape_fn((1, 6, 6, 6), |(_, i, j, k)| {
                case * 1000.0 + (i * 36 + j * 6 + k) as f32
            });
            Ok(Sample {
                id: id.clone(),
                image: Volume::new(image, Affine::from_spacing([1.0; 3]))?,
                labels: None,
            })
        }
    }

    fn loader() -> PatchLoader {
        PatchLoader {
            ids: Numbers.ids().unwrap(),
            source: Arc::new(Numbers),
            sampler: Arc::new(RandomCrop { patch_size: [3, 3, 3] }),
            transform: None,
            batch_size: 3,
            steps: None,
            last: LastBatch::Keep,
            order: CaseOrder::Shuffled,
            seed: 5,
            workers: 2,
            passed_over: PassedOver::default(),
            share: Share::default(),
        }
    }

    fn epoch(batches: &dyn BatchSource, epoch: u32) -> Vec<Batch> {
        batches.epoch(epoch).collect::<Result<_>>().unwrap()
    }

    #[test]
    fn every_epoch_has_the_batches_of_the_first_in_an_order_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let key = StoreKey::of(&["numbers"]);
        let stored = StoredBatches::of(&loader(), folder.path(), &key).unwrap();
        assert_eq!(stored.n_batches(), 4);
        let made = epoch(&loader(), 0);
        let orders: Vec<Vec<usize>> = (0..5)
            .map(|n| {
                let place = |batch: &Batch| made.iter().position(|other| other == batch).unwrap();
                epoch(&stored, n).iter().map(place).collect()
            })
            .collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
        assert!(orders.iter().any(|order| *order != orders[0]), "{orders:?}");
        // Another program reads what this one stored.
        let again =
            StoredBatches::of(&PatchLoader { ids: Vec::new(), ..loader() }, folder.path(), &key).unwrap();
        assert_eq!(epoch(&again, 3), epoch(&stored, 3));
    }

    #[test]
    fn a_damaged_batch_is_an_error_that_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let stored = StoredBatches::of(&loader(), folder.path(), &StoreKey::of(&["numbers"])).unwrap();
        let file = path(stored.folder(), 2);
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let error = stored.epoch(0).find_map(Result::err).unwrap();
        let error = format!("{error:#}");
        assert!(error.contains("batch_000002.mis") && error.ends_with("the checksum differs"), "{error}");
    }
}
