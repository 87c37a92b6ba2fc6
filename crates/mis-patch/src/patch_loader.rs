//! Batches of training patches from worker threads.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow};
use crossbeam_channel::{Receiver, Sender, bounded};
use mis_core::{Batch, BatchSource, DataSource, PatchSampler, Sample, SampleId, Transform, sample_rng};

use crate::{CaseOrder, EpochPlan};

/// What happens to the last patches of an epoch where they do not fill a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastBatch {
    /// They are a smaller batch.
    Keep,
    /// They are left out.
    Drop,
}

/// Loads cases, takes patches, changes them at random and stacks them, in worker threads.
///
/// An epoch is either `steps` batches, round after round through the cases, or each case visited once. The batches are
/// the same for any number of workers: visit `v` of an epoch draws from `sample_rng(seed, epoch, v)` and is carried
/// out by worker `v mod workers`, and the workers' lanes are read in turn. An error or panic of a worker arrives in the
/// order of visits, with the case named.
#[derive(Clone, Debug)]
pub struct PatchLoader {
    /// Where cases come from, prepared for the network.
    pub source: Arc<dyn DataSource>,
    /// The cases to visit.
    pub ids: Vec<SampleId>,
    /// Which patches a visit takes.
    pub sampler: Arc<dyn PatchSampler>,
    /// How each patch is changed; none leaves it as it is.
    pub transform: Option<Arc<dyn Transform>>,
    /// Patches of a batch.
    pub batch_size: usize,
    /// Batches of an epoch; none for each case once.
    pub steps: Option<u32>,
    /// What happens to the last patches where they do not fill a batch.
    pub last: LastBatch,
    /// The order of cases.
    pub order: CaseOrder,
    /// The experiment's seed.
    pub seed: u64,
    /// Number of worker threads.
    pub workers: usize,
}

/// Patches that a worker may be ahead of the batches.
const LANE_DEPTH: usize = 2;

/// What a lane carries: a patch, or none at the end of a visit.
type Message = Option<Result<Sample>>;

impl BatchSource for PatchLoader {
    fn epoch(&self, epoch: u32) -> Box<dyn Iterator<Item = Result<Batch>> + Send + '_> {
        let plan = EpochPlan { seed: self.seed, epoch, n_cases: self.ids.len(), order: self.order };
        let n_workers = self.workers.max(1);
        let (lanes, threads) = (0..n_workers)
            .map(|lane| {
                let (sender, receiver) = bounded(LANE_DEPTH);
                let worker = Worker { loader: self.clone(), plan, lane, n_workers };
                (receiver, std::thread::spawn(move || worker.run(&sender)))
            })
            .unzip();
        let n_visits = if self.steps.is_some() { u64::MAX } else { self.ids.len() as u64 };
        let steps = self.steps.unwrap_or(u32::MAX);
        Box::new(Epoch {
            loader: self,
            lanes,
            threads,
            visit: 0,
            n_visits,
            n_idle: 0,
            steps,
            done: self.ids.is_empty(),
        })
    }
}

/// One thread's share of an epoch.
struct Worker {
    loader: PatchLoader,
    plan: EpochPlan,
    lane: usize,
    n_workers: usize,
}

impl Worker {
    /// Carries out the lane's visits until the epoch is over or nobody listens any more.
    fn run(&self, lane: &Sender<Message>) {
        let n_visits = if self.loader.steps.is_some() { usize::MAX } else { self.plan.n_cases };
        let visits = self.plan.cases().enumerate().take(n_visits);
        for (visit, case) in visits.skip(self.lane).step_by(self.n_workers) {
            let id = &self.loader.ids[case];
            let outcome = catch_unwind(AssertUnwindSafe(|| self.visit(visit as u64, id, lane)));
            let heard = match outcome {
                Ok(Ok(heard)) => heard,
                Ok(Err(error)) => lane.send(Some(Err(error.context(id.to_string())))).is_ok(),
                Err(panic) => {
                    lane.send(Some(Err(anyhow!("{id}: a loader thread panicked: {}", text(&*panic))))).is_ok()
                }
            };
            if !heard || lane.send(None).is_err() {
                return;
            }
        }
    }

    /// Sends the patches of one visit; false where nobody listens any more.
    fn visit(&self, visit: u64, id: &SampleId, lane: &Sender<Message>) -> Result<bool> {
        let PatchLoader { source, sampler, transform, seed, .. } = &self.loader;
        let sample = source.load_shared(id)?;
        let mut rng = sample_rng(*seed, self.plan.epoch, visit);
        for at in sampler.locations(&sample, &mut rng) {
            let patch = match transform {
                Some(transform) => transform.apply_at(&sample, &at, &mut rng),
                None => sample.cut(&at),
            };
            if lane.send(Some(Ok(patch))).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("?")
}

/// An epoch under way.
struct Epoch<'a> {
    loader: &'a PatchLoader,
    lanes: Vec<Receiver<Message>>,
    threads: Vec<JoinHandle<()>>,
    visit: u64,
    n_visits: u64,
    /// Visits in a row that gave no patch.
    n_idle: usize,
    steps: u32,
    done: bool,
}

impl Epoch<'_> {
    /// The next patch in the order of visits; none at the end of the epoch.
    fn patch(&mut self) -> Option<Result<Sample>> {
        while self.visit < self.n_visits {
            let lane = &self.lanes[(self.visit % self.lanes.len() as u64) as usize];
            match lane.recv() {
                Ok(Some(patch)) => {
                    self.n_idle = 0;
                    return Some(patch);
                }
                Ok(None) => {
                    self.visit += 1;
                    self.n_idle += 1;
                    if self.n_idle > self.loader.ids.len() {
                        let n = self.loader.ids.len();
                        return Some(Err(anyhow!(
                            "none of the {n} cases has a patch to train on: all are blank"
                        )));
                    }
                }
                Err(_) => return Some(Err(anyhow!("a loader thread ended before its visits were done"))),
            }
        }
        None
    }

    fn batch(&mut self) -> Option<Result<Batch>> {
        let mut patches = Vec::with_capacity(self.loader.batch_size);
        while patches.len() < self.loader.batch_size {
            match self.patch() {
                Some(Ok(patch)) => patches.push(patch),
                Some(Err(error)) => return Some(Err(error)),
                None if patches.is_empty() || self.loader.last == LastBatch::Drop => return None,
                None => break,
            }
        }
        Some(Batch::stack(&patches).context("cannot stack a batch"))
    }
}

impl Iterator for Epoch<'_> {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        if self.done || self.steps == 0 {
            return None;
        }
        self.steps -= 1;
        let batch = self.batch();
        self.done = !matches!(batch, Some(Ok(_)));
        batch
    }
}

impl Drop for Epoch<'_> {
    fn drop(&mut self) {
        self.lanes.clear(); // workers that wait to send see that nobody listens
        for thread in self.threads.drain(..) {
            // A panic was caught in the thread and sent on already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RandomCrop;
    use mis_core::ndarray::Array4;
    use mis_core::{Affine, SampleRng, Volume};
    use rand::Rng as _;

    /// Cases of growing value; those named in `broken` fail or panic.
    #[derive(Debug)]
    struct Numbers {
        n: usize,
        broken: Option<(usize, &'static str)>,
    }

    impl DataSource for Numbers {
        fn ids(&self) -> Result<Vec<SampleId>> {
            Ok((0..self.n).map(|case| SampleId(format!("{case:03}"))).collect())
        }

        fn load(&self, id: &SampleId) -> Result<Sample> {
            let case: usize = id.0.parse()?;
            match self.broken {
                Some((broken, "panic")) if broken == case => panic!("out of order"),
                Some((broken, _)) if broken == case => anyhow::bail!("file is gone"),
                _ => {}
            }
            let data =
                Array4::from_shape_fn((1, 6, 6, 6), |(_, i, j, k)| (case * 1000 + i * 36 + j * 6 + k) as f32);
            Ok(Sample {
                id: id.clone(),
                image: Volume::new(data, Affine::from_spacing([1.0; 3]))?,
                labels: None,
            })
        }
    }

    #[derive(Debug)]
    struct Jitter;

    impl Transform for Jitter {
        fn apply(&self, mut sample: Sample, rng: &mut SampleRng) -> Sample {
            let shift: f32 = rng.random();
            sample.image.as_slice_mut().iter_mut().for_each(|v| *v += shift);
            sample
        }
    }

    fn loader(n: usize, workers: usize) -> PatchLoader {
        let source = Numbers { n, broken: None };
        PatchLoader {
            ids: source.ids().unwrap(),
            source: Arc::new(source),
            sampler: Arc::new(RandomCrop { patch_size: [3, 3, 3] }),
            transform: Some(Arc::new(Jitter)),
            batch_size: 3,
            steps: None,
            last: LastBatch::Keep,
            order: CaseOrder::Shuffled,
            seed: 5,
            workers,
        }
    }

    #[test]
    fn batches_are_bit_identical_for_any_number_of_workers() {
        let batches = |workers, steps| -> Vec<Batch> {
            PatchLoader { steps, ..loader(10, workers) }.epoch(2).collect::<Result<_>>().unwrap()
        };
        for steps in [None, Some(17)] {
            let one = batches(1, steps);
            for workers in [2, 3, 8] {
                assert_eq!(one, batches(workers, steps), "{workers} workers");
            }
        }
    }

    #[test]
    fn the_last_batch_is_kept_or_dropped_by_choice() {
        let sizes = |last| -> Vec<usize> {
            PatchLoader { last, ..loader(8, 2) }.epoch(0).map(|batch| batch.unwrap().n_patches()).collect()
        };
        assert_eq!(sizes(LastBatch::Keep), [3, 3, 2]);
        assert_eq!(sizes(LastBatch::Drop), [3, 3]);
    }

    #[test]
    fn many_batches_lose_none() {
        let loader = PatchLoader { steps: Some(20_000), transform: None, ..loader(4, 4) };
        let mut n = 0;
        for batch in loader.epoch(0) {
            assert_eq!(batch.unwrap().n_patches(), 3);
            n += 1;
        }
        assert_eq!(n, 20_000);
    }

    #[test]
    fn an_error_and_a_panic_arrive_with_the_case_named() {
        for (how, expected) in
            [("error", "007: file is gone"), ("panic", "007: a loader thread panicked: out of order")]
        {
            let source = Arc::new(Numbers { n: 10, broken: Some((7, how)) });
            let loader = PatchLoader { source, order: CaseOrder::Sorted, ..loader(10, 3) };
            let outcomes: Vec<_> = loader.epoch(0).collect();
            assert_eq!(outcomes.len(), 3, "two whole batches, then the error");
            assert_eq!(format!("{:#}", outcomes[2].as_ref().unwrap_err()), expected);
        }
    }

    #[test]
    fn dropping_an_epoch_early_joins_its_threads() {
        let source = Arc::new(Numbers { n: 10, broken: None });
        let loader = PatchLoader { source: source.clone(), steps: Some(1000), ..loader(10, 4) };
        drop(loader.epoch(0).take(2).collect::<Vec<_>>());
        drop(loader);
        assert_eq!(Arc::strong_count(&source), 1, "no thread holds the source any more");
    }
}
