//! A program that is killed while it stores batches.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mis_core::anyhow::Result;
use mis_core::ndarray::{Array3, Array4};
use mis_core::{
    Affine, Batch, BatchSource, DataSource, LabelMap, Sample, SampleId, SampleRng, Transform, Volume,
};
use mis_patch::{CaseOrder, LastBatch, PassedOver, PatchLoader, RandomCrop, Share, StoreKey, StoredBatches};
use rand::Rng as _;

const FOLDER: &str = "MIS_TEST_STORE";

#[derive(Debug)]
struct Ramps;

impl DataSource for Ramps {
    fn ids(&self) -> Result<Vec<SampleId>> {
        Ok(vec!["0".into(), "1".into(), "2".into()])
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        let (affine, start) = (Affine::from_spacing([1.0; 3]), id.0.parse::<f32>()?);
        let image = Array4::from_shape_fn((2, 40, 40, 40), |(c, i, j, k)| start + (c * i * j + k) as f32);
        let labels = Array3::from_shape_fn((40, 40, 40), |(i, j, _)| ((i + j) % 3) as u8);
        Ok(Sample {
            id: id.clone(),
            image: Volume::new(image, affine)?,
            labels: Some(LabelMap::new(labels, affine)?),
        })
    }
}

/// Takes its time.
#[derive(Debug)]
struct Slow;

impl Transform for Slow {
    fn apply(&self, mut sample: Sample, rng: &mut SampleRng) -> Sample {
        std::thread::sleep(Duration::from_millis(3));
        let shift: f32 = rng.random();
        sample.image.as_slice_mut().iter_mut().for_each(|value| *value += shift);
        sample
    }
}

fn loader() -> PatchLoader {
    PatchLoader {
        ids: Ramps.ids().unwrap(),
        source: Arc::new(Ramps),
        sampler: Arc::new(RandomCrop { patch_size: [32, 32, 32] }),
        transform: Some(Arc::new(Slow)),
        batch_size: 2,
        steps: Some(40),
        last: LastBatch::Keep,
        order: CaseOrder::Shuffled,
        seed: 1,
        workers: 2,
        passed_over: PassedOver::default(),
        share: Share::default(),
    }
}

fn store(folder: &Path) -> StoredBatches {
    StoredBatches::of(&loader(), folder, &StoreKey::of(&["ramps"])).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// What the killed program does; by itself it does nothing.
#[test]
fn store_where_the_environment_says() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        store(Path::new(&folder));
    }
}

#[test]
fn storing_goes_on_after_the_program_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let key = StoreKey::of(&["ramps"]).to_string();
    let of_key = folder.path().join(&key[..16]);
    for n_before in [1, 7, 20] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store_where_the_environment_says"])
            .env(FOLDER, folder.path())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let batch = format!("batch_{n_before:06}.mis");
        // Later runs find the batches of those before: they are waited for until they are written anew.
        let before = fs::metadata(of_key.join(&batch)).and_then(|file| file.modified()).ok();
        while fs::metadata(of_key.join(&batch)).and_then(|file| file.modified()).ok() == before {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing is stored");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap(); // SIGKILL
        assert!(!child.wait().unwrap().success(), "it was still at work");
        assert!(!of_key.join("count").exists(), "a store that is not whole does not say that it is");
    }
    fs::write(of_key.join(".mis-left"), "half a batch").unwrap();

    let stored = store(folder.path());
    assert_eq!(stored.n_batches(), 40);
    let mut expected = vec!["count".to_owned(), ".lock".to_owned()];
    expected.extend((0..40).map(|n| format!("batch_{n:06}.mis")));
    let mut found = files(&of_key);
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "nothing is left of those that were killed");

    let mut fresh: Vec<Batch> = loader().epoch(0).collect::<Result<_>>().unwrap();
    let mut read: Vec<Batch> = stored.epoch(5).collect::<Result<_>>().unwrap();
    assert_ne!(fresh, read, "the order of another epoch");
    let by_first = |batch: &Batch| batch.images().iter().next().unwrap().to_bits();
    fresh.sort_by_key(by_first);
    read.sort_by_key(by_first);
    assert_eq!(fresh, read, "the batches of epoch 0");
}
