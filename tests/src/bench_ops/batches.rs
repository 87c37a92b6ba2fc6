//! Batches made by workers, and read from disk.

use std::fs::{self, File};
use std::io::Read as _;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use mis::augment::standard;
use mis::core::{BatchSource, DataSource as _, Sample};
use mis::io::InMemory;
use mis::patch::{CaseOrder, LastBatch, PassedOver, PatchLoader, RandomCrop, Share, StoreKey, StoredBatches};

use super::case::Case;
use super::line::Measured;
use super::timing::repeat_same;

/// Batches of an epoch.
const STEPS: u32 = 24;

/// An epoch of two augmented patches of 64 x 96 x 96 a batch, by this many workers.
pub(super) fn load(case: &Case<'_>, workers: usize) -> Result<Measured> {
    // Long enough that it does not matter by how much one worker ends before the other.
    let loader = PatchLoader { steps: Some(4 * STEPS), ..loader(case, workers, [64, 96, 96])? };
    let mut epoch = 0;
    let (measured, n) = repeat_same(|| {
        epoch += 1; // the same epochs for any number of workers
        loader.epoch(epoch).try_fold(0, |n, batch| Ok(n + batch?.n_patches()))
    })?;
    let per_second = n as f64 / measured.median_s;
    Ok(measured.with("n_patches", n).with("patches_per_second", per_second))
}

/// Batches of two patches of 80 x 160 x 160 read from the store, beside the same files read into one buffer; both from
/// the system's cache.
pub(super) fn read_stored(case: &Case<'_>) -> Result<Measured> {
    let folder = case.scratch("batches")?;
    let loader = PatchLoader { transform: None, ..loader(case, case.threads, [80, 160, 160])? };
    let stored = StoredBatches::of(&loader, &folder, &StoreKey::of(&["bench-ops"]))?;
    let mut buffer = Vec::new();
    let (mut raw, mut n_bytes) = (f64::INFINITY, 0);
    for _ in 0..5 {
        let start = Instant::now();
        n_bytes = 0;
        for entry in fs::read_dir(stored.folder())? {
            let mut file = File::open(entry?.path())?;
            buffer.resize(buffer.len().max(file.metadata()?.len() as usize), 0);
            n_bytes += read_all(&mut file, &mut buffer)?;
        }
        raw = raw.min(start.elapsed().as_secs_f64());
    }
    let (measured, n) = repeat_same(|| stored.epoch(0).try_fold(0, |n, batch| Ok(n + batch?.n_patches())))?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    let gb_per_second = n_bytes as f64 / 1e9 / measured.median_s;
    let of_raw = raw / measured.median_s;
    Ok(measured
        .with("n_patches", n)
        .with("gb_per_second", gb_per_second)
        .with("raw_gb_per_second", n_bytes as f64 / 1e9 / raw)
        .with("of_raw", of_raw))
}

fn read_all(file: &mut File, buffer: &mut [u8]) -> Result<usize> {
    let mut n = 0;
    loop {
        match file.read(&mut buffer[n..])? {
            0 => return Ok(n),
            more => n += more,
        }
    }
}

fn loader(case: &Case<'_>, workers: usize, patch_size: [usize; 3]) -> Result<PatchLoader> {
    let patch = case.inputs.patch("patch_80x160x160")?;
    let cases: InMemory =
        (0..4).map(|n| Sample { id: format!("{n}").as_str().into(), ..patch.clone() }).collect();
    Ok(PatchLoader {
        ids: cases.ids()?,
        source: Arc::new(cases),
        sampler: Arc::new(RandomCrop { patch_size }),
        transform: Some(Arc::new(standard())),
        batch_size: 2,
        steps: Some(STEPS),
        last: LastBatch::Keep,
        order: CaseOrder::Shuffled,
        seed: 42,
        workers,
        passed_over: PassedOver::default(),
        share: Share::default(),
    })
}
