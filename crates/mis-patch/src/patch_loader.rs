//! Batches of training patches from worker threads.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use mis_core::{
    Batch, BatchPlace, BatchSource, DataSource, PatchSampler, Sample, SampleId, Transform, sample_rng,
};
use serde::{Deserialize, Serialize};

use crate::ahead::{Ahead, caught};
use crate::in_order::{InOrder, Next, Sink};
use crate::{CaseOrder, EpochPlan, PassedOver, Share};

/// What happens to the last patches of an epoch where they do not fill a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastBatch {
    /// They are a smaller batch.
    #[default]
    Keep,
    /// They are left out.
    Drop,
}

/// Loads cases, takes patches, changes them at random and stacks them, in worker threads.
///
/// An epoch is either `steps` batches, round after round through the cases, or each case visited once. The batches are
/// the same for any number of workers: visit `v` of an epoch draws from `sample_rng(seed, epoch, v)`, whoever carries it
/// out, and its patches come after those of visit `v − 1`. Each worker is one core. Workers are at most four patches each
/// ahead, and one more thread a batch; they wait for whoever trains. An error or panic of a worker arrives in the order of
/// visits, with step and case named; so do patches of different shapes, which no batch mixes.
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
    /// Takes the names of cases that have no patch.
    pub passed_over: PassedOver,
    /// The part of each batch that is made here. Where a visit gives one patch the parts of all processes are the batch
    /// of one alone; otherwise each fills its part from its own visits, and `steps` or the longest part ends the epoch.
    pub share: Share,
}

impl BatchSource for PatchLoader {
    fn epoch(&self, epoch: u32) -> Box<dyn Iterator<Item = Result<Batch>> + Send + '_> {
        let visits = self.visits(epoch);
        let worker = self.clone();
        let work = move |(visit, case): (u64, usize), sink: Sink<'_, Sample>| {
            let id = &worker.ids[case];
            caught(|| worker.visit(epoch, visit, id, sink)).with_context(|| id.to_string())
        };
        let patches = InOrder::start(self.workers, visits, work);
        let n_cases = if self.steps.is_some() { self.ids.len() } else { self.visits(epoch).count() };
        let (batch_size, steps, last) = (self.places().len(), self.steps, self.last);
        let batches = Batches { patches, n_cases, batch_size, steps, last, n_idle: 0, n_patches: 0 };
        let named = (0_u32..)
            .zip(batches)
            .map(move |(step, batch)| batch.with_context(|| format!("epoch {epoch}, step {step}")));
        Box::new(Ahead::of(named, 1))
    }
}

impl PatchLoader {
    /// Number of patches of an epoch of each case once, without making them: every case is loaded and asked. With
    /// `steps` the number needs no look at the cases.
    pub fn n_patches(&self, epoch: u32) -> Result<usize> {
        if let Some(steps) = self.steps {
            return Ok(steps as usize * self.batch_size);
        }
        let mut n = 0;
        for (visit, case) in self.visits(epoch) {
            let id = &self.ids[case];
            let sample = self.source.load_shared(id).with_context(|| id.to_string())?;
            let rng = &mut sample_rng(self.seed, epoch, visit);
            n += self.sampler.locations_at(&sample, self.place(visit), rng).len();
        }
        Ok(n)
    }

    /// The places in each batch that are filled here.
    fn places(&self) -> Range<usize> {
        self.share.places(self.batch_size)
    }

    /// The visits of an epoch with their cases; without end where the steps say when it is over.
    fn visits(&self, epoch: u32) -> impl Iterator<Item = (u64, usize)> + Send + use<> {
        let plan = EpochPlan { seed: self.seed, epoch, n_cases: self.ids.len(), order: self.order };
        let n_visits = match (self.steps, self.ids.len()) {
            (Some(_), 1..) => usize::MAX,
            // Of several processes none may have a batch that the others lack.
            (None, n_cases) if self.last == LastBatch::Drop && self.share.of > 1 => {
                n_cases / self.batch_size * self.batch_size
            }
            (_, n_cases) => n_cases,
        };
        let (places, batch_size) = (self.places(), self.batch_size.max(1) as u64);
        let is_own = move |visit: u64| places.contains(&((visit % batch_size) as usize));
        (0_u64..).zip(plan.cases().take(n_visits)).filter(move |&(visit, _)| is_own(visit))
    }

    fn place(&self, visit: u64) -> BatchPlace {
        let of = self.batch_size.max(1);
        BatchPlace { idx: (visit % of as u64) as usize, of }
    }

    /// Gives the patches of one visit to the sink, until nobody listens any more.
    fn visit(&self, epoch: u32, visit: u64, id: &SampleId, sink: Sink<'_, Sample>) -> Result<()> {
        let sample = self.source.load_shared(id)?;
        let mut rng = sample_rng(self.seed, epoch, visit);
        let locations = self.sampler.locations_at(&sample, self.place(visit), &mut rng);
        if locations.is_empty() {
            self.passed_over.add(id);
        }
        for at in locations {
            let patch = match &self.transform {
                Some(transform) => transform.apply_at(&sample, &at, &mut rng),
                None => sample.cut(&at),
            };
            if !sink(patch) {
                break;
            }
        }
        Ok(())
    }
}

/// Patches, stacked.
struct Batches {
    patches: InOrder<Sample>,
    n_cases: usize,
    batch_size: usize,
    /// Batches that are still to come; none for as many as there are.
    steps: Option<u32>,
    last: LastBatch,
    /// Visits in a row that gave no patch.
    n_idle: usize,
    /// Patches so far.
    n_patches: u64,
}

impl Batches {
    /// The next patch in the order of visits; none at the end of the epoch.
    fn patch(&mut self) -> Result<Option<Sample>> {
        loop {
            match self.patches.next() {
                Next::Result(patch) => {
                    self.n_idle = 0;
                    self.n_patches += 1;
                    return patch.map(Some);
                }
                Next::JobEnd if self.n_idle < self.n_cases => self.n_idle += 1,
                Next::Over if self.n_patches > 0 || self.n_cases == 0 => return Ok(None),
                Next::JobEnd | Next::Over => {
                    let n = self.n_cases;
                    return Err(anyhow!("none of the {n} cases has a patch to train on: all are blank"));
                }
            }
        }
    }

    fn batch(&mut self) -> Result<Option<Batch>> {
        let mut patches = Vec::with_capacity(self.batch_size);
        while patches.len() < self.batch_size {
            match self.patch()? {
                Some(patch) => patches.push(patch),
                None if patches.is_empty() || self.last == LastBatch::Drop => return Ok(None),
                None => break,
            }
        }
        let mend = "cannot stack a batch: take one patch-size for all, or a batch-size of 1";
        Batch::stack(&patches).context(mend).map(Some)
    }
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        if let Some(steps) = &mut self.steps {
            *steps = steps.checked_sub(1)?;
        }
        self.batch().transpose()
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
            passed_over: PassedOver::default(),
            share: Share::default(),
        }
    }

    #[test]
    fn parts_of_several_processes_together_are_the_batches_of_one() {
        for (steps, last, of) in
            [(Some(9), LastBatch::Keep, 2), (None, LastBatch::Keep, 3), (None, LastBatch::Drop, 2)]
        {
            let whole = PatchLoader { steps, last, batch_size: 4, ..loader(10, 2) };
            let batches = |loader: &PatchLoader| loader.epoch(1).collect::<Result<Vec<Batch>>>().unwrap();
            let mut parts: Vec<_> = (0..of)
                .map(|rank| batches(&PatchLoader { share: Share { rank, of }, ..whole.clone() }).into_iter())
                .collect();
            for batch in batches(&whole) {
                let parts = parts.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>();
                let values: Vec<f32> =
                    parts.iter().flat_map(|part| part.images().iter().copied().collect::<Vec<_>>()).collect();
                assert_eq!(values, batch.images().iter().copied().collect::<Vec<_>>(), "{steps:?} {of}");
            }
            assert!(parts.iter_mut().all(|part| part.next().is_none()));
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
        let loader = PatchLoader { steps: Some(100_000), transform: None, ..loader(4, 4) };
        let mut n = 0;
        for batch in loader.epoch(0) {
            assert_eq!(batch.unwrap().n_patches(), 3);
            n += 1;
        }
        assert_eq!(n, 100_000);
    }

    #[test]
    fn an_error_and_a_panic_arrive_with_the_case_named() {
        for (how, expected) in [
            ("error", "epoch 0, step 2: 007: file is gone"),
            ("panic", "epoch 0, step 2: 007: a loader thread panicked: out of order"),
        ] {
            let source = Arc::new(Numbers { n: 10, broken: Some((7, how)) });
            let loader = PatchLoader { source, order: CaseOrder::Sorted, ..loader(10, 3) };
            let outcomes: Vec<_> = loader.epoch(0).collect();
            assert_eq!(outcomes.len(), 3, "two whole batches, then the error");
            assert_eq!(format!("{:#}", outcomes[2].as_ref().unwrap_err()), expected);
        }
    }

    #[test]
    fn a_case_without_patches_is_passed_over_with_a_note_and_no_case_with_any_is_an_error() {
        /// Nothing of cases of odd numbers, or of all.
        #[derive(Debug)]
        struct Even {
            none: bool,
        }
        impl PatchSampler for Even {
            fn locations(&self, sample: &Sample, _: &mut SampleRng) -> Vec<mis_core::PatchLocation> {
                let odd = sample.image.as_slice()[0] / 1000.0 % 2.0 == 1.0;
                if odd || self.none { Vec::new() } else { vec![mis_core::PatchLocation::whole([3, 3, 3])] }
            }
        }
        let loader = PatchLoader { sampler: Arc::new(Even { none: false }), ..loader(4, 2) };
        let n: usize = loader.epoch(0).map(|batch| batch.unwrap().n_patches()).sum();
        assert_eq!((n, loader.n_patches(0).unwrap()), (2, 2));
        let note = "2 cases have no patch to train on and are passed over: 001, 003";
        assert_eq!(loader.passed_over.to_string(), note);
        for steps in [None, Some(3)] {
            let loader = PatchLoader { sampler: Arc::new(Even { none: true }), steps, ..loader.clone() };
            let error = loader.epoch(0).next().unwrap().unwrap_err();
            assert!(
                format!("{error:#}").ends_with("none of the 4 cases has a patch to train on: all are blank")
            );
        }
    }

    #[test]
    fn no_batch_mixes_shapes() {
        /// The whole scan, cut by one voxel for every case after the first.
        #[derive(Debug)]
        struct Shrinking;
        impl PatchSampler for Shrinking {
            fn locations(&self, sample: &Sample, _: &mut SampleRng) -> Vec<mis_core::PatchLocation> {
                let cut = usize::from(sample.id.0 != "000");
                vec![mis_core::PatchLocation::whole([6, 6, 6 - cut])]
            }
        }
        let loader = PatchLoader { sampler: Arc::new(Shrinking), order: CaseOrder::Sorted, ..loader(4, 2) };
        let error = format!("{:#}", loader.epoch(1).next().unwrap().unwrap_err());
        assert!(error.starts_with("epoch 1, step 0: cannot stack a batch: take one patch-size"), "{error}");
        assert!(error.contains("patch of 001 has (channel, i, j, k) (1, 6, 6, 5)"), "{error}");
        let one = PatchLoader { batch_size: 1, ..loader };
        assert!(one.epoch(1).all(|batch| batch.is_ok()));
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
