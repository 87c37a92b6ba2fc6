//! Training from stored samples holds the patches in flight, not the data set.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::sync::Arc;

use mis_core::anyhow::{Context as _, Result};
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, BatchSource as _, DataSource, LabelMap, Sample, SampleId, Volume};
use mis_patch::{CaseOrder, LastBatch, PassedOver, PatchLoader, RandomCrop, SampleStore, Share, StoreKey};

const SIDE: usize = 96;
const CASE_BYTES: u64 = (SIDE * SIDE * SIDE * 5) as u64;

#[derive(Debug)]
struct Stored {
    store: SampleStore,
    n_cases: usize,
}

impl Stored {
    fn key() -> StoreKey {
        StoreKey::of(&["ramps"])
    }
}

impl DataSource for Stored {
    fn ids(&self) -> Result<Vec<SampleId>> {
        Ok((0..self.n_cases).map(|case| SampleId(case.to_string())).collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        self.store.get(id, &Self::key())?.context("expected a stored sample, found none")
    }
}

/// The most memory that an epoch of 96 batches takes, in bytes, mapped files included.
fn peak(n_cases: usize, store: SampleStore) -> u64 {
    let source = Stored { store, n_cases };
    let loader = PatchLoader {
        ids: source.ids().unwrap(),
        source: Arc::new(source),
        sampler: Arc::new(RandomCrop { patch_size: [32; 3] }),
        transform: None,
        batch_size: 2,
        steps: Some(96),
        last: LastBatch::Keep,
        order: CaseOrder::Shuffled,
        seed: 1,
        workers: 2,
        passed_over: PassedOver::default(),
        share: Share::default(),
    };
    fs::write("/proc/self/clear_refs", "5").unwrap(); // the mark goes down to what is held now
    assert_eq!(loader.epoch(0).map(Result::unwrap).count(), 96);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() << 10
}

#[test]
fn an_epoch_from_eight_times_as_many_stored_cases_takes_no_more_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = || SampleStore::open(folder.path()).unwrap();
    for case in 0..32 {
        let image = Array4::from_shape_fn((1, SIDE, SIDE, SIDE), |(_, i, j, k)| (case + i * j + k) as f32);
        let labels = Array3::from_shape_fn((SIDE, SIDE, SIDE), |(i, j, _)| ((i + j) % 3) as u8);
        let affine = Affine::from_spacing([1.0; 3]);
        let image = Volume::new(image, affine).unwrap();
        let labels = Some(LabelMap::new(labels, affine).unwrap());
        store().put(&Sample { id: SampleId(case.to_string()), image, labels }, &Stored::key()).unwrap();
    }
    peak(4, store()); // what threads and allocator keep
    let (few, many) = (peak(4, store()), peak(32, store()));
    // 28 cases more are 124 MB. By chance one worker is a case ahead of the other in one of the runs.
    assert!(many < few + 2 * CASE_BYTES, "{few} bytes for 4 cases, {many} for 32 of {CASE_BYTES} each");
}
