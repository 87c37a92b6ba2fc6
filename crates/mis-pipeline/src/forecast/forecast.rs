//! What a training or cross-validation will read and take.

use std::fmt;

use anyhow::{Result, bail};
use mis_core::{ClassTable, SampleId};
use mis_eval::Split;
use mis_models::tch::Device;
use mis_models::{Model, ModelSpec};
use mis_patch::{LastBatch, SampleStore, Sampling};
use mis_train::AnyOptimizer;

use super::bytes::Bytes;
use super::case_shapes::{CaseShape, case_shapes, sides, write_table};
use super::machine;
use super::network_cost::NetworkCost;
use crate::Experiment;
use crate::run::{ChosenFolds, FirstLook, MEMORY_BUDGET, cases_of};

/// What a training or cross-validation will read and take; its text is for people.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Names of the classes.
    classes: Vec<String>,
    cases: Vec<CaseShape>,
    spec: ModelSpec,
    /// Cases that each training learns from.
    trainings: Vec<usize>,
    epochs: u32,
    /// Batches of an epoch, and whether rules may pass over some of them; of the training with most cases.
    batches: (u64, bool),
    batch_size: usize,
    /// Processes that share each batch.
    n_sharing: usize,
    patch_size: [usize; 3],
    n_parameters: usize,
    device: Device,
    memory: Option<Memory>,
    disk: Disk,
}

/// The most memory that a run takes, in bytes, where the system tells a process's memory.
#[derive(Clone, Copy, Debug)]
struct Memory {
    /// The program with libtorch.
    program: u64,
    /// Prepared cases that are kept.
    data: u64,
    /// What cases take while they are read, which is let go before training.
    reading: u64,
    /// Scans and weights at work beside the network.
    at_work: u64,
    /// Of a voxel in each batch that the loader has in hand.
    per_voxel: u64,
    network: NetworkCost,
}

/// What is written, in bytes.
#[derive(Clone, Copy, Debug)]
struct Disk {
    checkpoints: u64,
    /// Label maps, at most: they are compressed.
    predictions: u64,
    store: u64,
}

/// Says what a training (of a fold, or of all cases) will read and take, without training or writing anything. Settings
/// are checked as a run checks them; of the cases the headers are read, of the first the voxels too.
pub fn forecast_training(experiment: &Experiment, fold: Option<usize>) -> Result<Forecast> {
    of_splits(experiment, |ids| match fold {
        Some(fold) => Ok(ChosenFolds::new(experiment, Some(&[fold]), ids)?.splits()),
        None => Ok(vec![Split { train: ids.to_vec(), validation: Vec::new() }]),
    })
}

/// Says the same of a cross-validation in all folds, or in some.
pub fn forecast_cross_validation(experiment: &Experiment, folds: Option<&[usize]>) -> Result<Forecast> {
    of_splits(experiment, |ids| Ok(ChosenFolds::new(experiment, folds, ids)?.splits()))
}

fn of_splits(
    experiment: &Experiment,
    choose: impl FnOnce(&[SampleId]) -> Result<Vec<Split>>,
) -> Result<Forecast> {
    experiment.check()?;
    let device = experiment.train.device.resolve()?;
    let FirstLook { classes, splits, spec, .. } = FirstLook::at(experiment, choose)?;
    Forecast::of(experiment, &classes, &splits, spec, device)
}

impl Forecast {
    /// The forecast of a run whose settings are checked.
    pub(crate) fn of(
        experiment: &Experiment,
        classes: &ClassTable,
        splits: &[Split],
        spec: ModelSpec,
        device: Device,
    ) -> Result<Self> {
        let source = experiment.source()?;
        let cases = case_shapes(source.as_ref(), &cases_of(splits), &experiment.preprocess)?;
        let n_parameters =
            Model::build(&experiment.model, spec, Device::Cpu, experiment.seed)?.n_parameters();
        let largest = splits.iter().max_by_key(|split| split.train.len());
        let learnt: Vec<&CaseShape> =
            cases.iter().filter(|case| largest.is_some_and(|split| split.train.contains(&case.id))).collect();
        let mut forecast = Self {
            classes: classes.names(),
            spec,
            trainings: splits.iter().map(|split| split.train.len()).collect(),
            epochs: experiment.train.epochs,
            batches: batches(experiment, &learnt),
            batch_size: experiment.train.batch_size,
            n_sharing: 1,
            patch_size: experiment.patches.size,
            n_parameters,
            device,
            memory: None,
            disk: Disk::of(experiment, splits, &cases, spec, n_parameters),
            cases,
        };
        forecast.memory = Memory::of(experiment, &forecast)?;
        Ok(forecast)
    }

    /// The most memory that the run takes, in bytes; none where the system does not tell.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        Some(self.memory?.all(self.patch_size, self.batch_size.div_ceil(self.n_sharing)))
    }

    /// What the run writes at most, in bytes.
    #[must_use]
    pub fn disk(&self) -> u64 {
        self.disk.checkpoints + self.disk.predictions + self.disk.store
    }

    /// Number of weights, running statistics included.
    #[must_use]
    pub fn n_parameters(&self) -> usize {
        self.n_parameters
    }

    /// Batches of an epoch; of the training with most cases, and at most where patches are passed over.
    #[must_use]
    pub fn n_batches(&self) -> u64 {
        self.batches.0
    }

    /// The same of a run whose batches `n` processes share.
    #[must_use]
    pub fn shared_by(self, n: usize) -> Self {
        Self { n_sharing: n, ..self }
    }

    /// Refuses a run that does not fit into `limit` bytes, or without it into what is available, and names the patch
    /// nearest to the experiment's that does. Where `n_processes` on this machine do as much each, they share the bytes.
    pub fn check_memory(&self, limit: Option<u64>, n_processes: usize) -> Result<()> {
        let limit = limit.or_else(machine::available).map(|all| all / n_processes as u64);
        let (Some(memory), Some(limit)) = (self.memory, limit) else {
            return Ok(());
        };
        let own = |batch_size: usize| batch_size.div_ceil(self.n_sharing);
        let needed = memory.all(self.patch_size, own(self.batch_size));
        if needed <= limit {
            return Ok(());
        }
        let fitting = |batch_size: usize| {
            let fits = |patch| memory.all(patch, own(batch_size)) <= limit;
            memory.network.fitting_patch(self.patch_size, fits)
        };
        let fewer = (self.n_sharing..self.batch_size).rev().find(|&n| fitting(n) == Some(self.patch_size));
        let mend = match (fitting(self.batch_size), fewer) {
            (Some(patch), Some(n)) => format!("patches of size = {patch:?} fit, or batch-size = {n}"),
            (Some(patch), None) if patch != self.patch_size => format!("patches of size = {patch:?} fit"),
            (None, Some(n)) => format!("batch-size = {n} fits"),
            _ => format!(
                "the prepared cases alone take {}, which a [store] folder takes instead",
                Bytes(memory.data + memory.reading)
            ),
        };
        bail!(
            "{} up to {} of memory ({} for the cases, {} for the network) and may take {}: {mend}; --memory takes another \
             limit, in GiB",
            machine::who("the run", n_processes),
            Bytes(needed),
            Bytes(memory.data + memory.reading.max(memory.at_work)),
            Bytes(memory.network.bytes(self.patch_size, own(self.batch_size))),
            Bytes(limit)
        );
    }
}

/// The batches of an epoch, and whether there may be fewer.
fn batches(experiment: &Experiment, cases: &[&CaseShape]) -> (u64, bool) {
    let (train, patches) = (&experiment.train, &experiment.patches);
    if let Some(steps) = train.steps_per_epoch {
        return (u64::from(steps) * train.accumulate as u64, false);
    }
    let per_visit = |case: &&CaseShape| match patches.sampling {
        Sampling::RandomCrop => 1,
        Sampling::Grid => patches.grid().plan(case.prepared.shape, patches.placement).n_patches(),
    };
    let n_patches = cases.iter().map(per_visit).sum::<usize>() * experiment.augment.n_cycles();
    let n = match patches.last_batch {
        LastBatch::Keep => n_patches.div_ceil(train.batch_size),
        LastBatch::Drop => n_patches / train.batch_size,
    };
    (n as u64, patches.skip_blank.is_some() || patches.skip_dark.is_some())
}

impl Memory {
    fn of(experiment: &Experiment, forecast: &Forecast) -> Result<Option<Self>> {
        let Some(program) = machine::held() else { return Ok(None) };
        if forecast.device != Device::Cpu {
            return Ok(None); // the network is in the device's memory, which nothing tells
        }
        let Some(network) = NetworkCost::of_training(experiment, forecast.spec)? else { return Ok(None) };
        let bytes = |n_voxels: usize| (n_voxels * (4 * forecast.spec.n_channels + 1)) as u64;
        let prepared: u64 = forecast.cases.iter().map(|case| bytes(case.prepared.n_voxels())).sum();
        let kept = if experiment.store.is_some() { 0 } else { prepared.min(MEMORY_BUDGET as u64) };
        // A case being prepared: the file's bytes and values, the step's input and output, its labels.
        let case = forecast
            .cases
            .iter()
            .map(|case| 2 * bytes(case.scan.n_voxels()) + 2 * bytes(case.prepared.n_voxels()));
        let case = case.max().unwrap_or(0);
        let readers = rayon::current_num_threads().min(forecast.cases.len()) as u64;
        let over_budget = prepared > kept && experiment.store.is_none();
        let loaders = if over_budget { experiment.train.workers as u64 * case } else { 0 };
        // Each worker has a batch in hand and one ahead.
        let per_voxel = bytes(2 * experiment.train.workers + 2);
        // A cross-validation then predicts its cases one by one.
        let scan = forecast.cases.iter().map(|case| {
            bytes(case.scan.n_voxels())
                + (4 * (forecast.spec.n_classes + 2) * case.prepared.n_voxels()) as u64
                + bytes(case.prepared.n_voxels())
        });
        // A checkpoint, with moments, on its way to the disk or from it: as tensors and as bytes.
        let weights = 32 * forecast.n_parameters as u64;
        let at_work = weights + loaders.max(scan.max().unwrap_or(0));
        Ok(Some(Self { program, data: kept, reading: readers * case, at_work, per_voxel, network }))
    }

    fn all(&self, patch_size: [usize; 3], batch_size: usize) -> u64 {
        let batches = self.per_voxel * (patch_size.iter().product::<usize>() * batch_size) as u64;
        let network = self.network.bytes(patch_size, batch_size);
        self.program + self.data + self.reading.max(self.at_work + batches + network)
    }
}

impl Disk {
    fn of(
        experiment: &Experiment,
        splits: &[Split],
        cases: &[CaseShape],
        spec: ModelSpec,
        n_parameters: usize,
    ) -> Self {
        let train = &experiment.train;
        let moments = match train.optimizer {
            AnyOptimizer::SgdNesterov(_) => 1,
            AnyOptimizer::Adam(_) | AnyOptimizer::AdamW(_) => 2,
        };
        let per_weight = 4 * (1 + moments + u64::from(train.average.is_some()));
        // The last, the best, and those that are kept; each holds what it goes on from.
        let checkpoints: u64 = splits
            .iter()
            .map(|split| 1 + u64::from(!split.validation.is_empty()) + u64::from(train.keep_checkpoints))
            .sum();
        let voxels =
            |id: &SampleId| cases.iter().find(|case| case.id == *id).map_or(0, |case| case.scan.n_voxels());
        let predicted: usize = splits.iter().flat_map(|split| &split.validation).map(voxels).sum();
        let store = cases.iter().map(|case| SampleStore::n_bytes(spec.n_channels, case.prepared.n_voxels()));
        Self {
            checkpoints: checkpoints * per_weight * n_parameters as u64,
            predictions: predicted as u64,
            store: if experiment.store.is_some() { store.sum() } else { 0 },
        }
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_table(f, &self.cases)?;
        let channels = if self.spec.n_channels == 1 { "channel" } else { "channels" };
        writeln!(
            f,
            "data: {} cases of {} {channels}; classes: {}",
            self.cases.len(),
            self.spec.n_channels,
            self.classes.join(", ")
        )?;
        let (min, max) = (self.trainings.iter().min(), self.trainings.iter().max());
        let cases = match (min, max) {
            (Some(min), Some(max)) if min != max => format!("{min} to {max}"),
            (Some(min), _) => min.to_string(),
            _ => "no".to_owned(),
        };
        writeln!(f, "trainings: {}, on {cases} cases each, {} epochs", self.trainings.len(), self.epochs)?;
        let (n_batches, at_most) = self.batches;
        writeln!(
            f,
            "an epoch: {}{n_batches} batches of {} patches of {}",
            if at_most { "at most " } else { "" },
            self.batch_size,
            sides(self.patch_size)
        )?;
        writeln!(f, "network: {} parameters, on {:?}", self.n_parameters, self.device)?;
        match (&self.memory, self.memory()) {
            (Some(memory), Some(all)) => {
                let network = memory.network.bytes(self.patch_size, self.batch_size);
                let available =
                    machine::available().map_or_else(String::new, |n| format!(" of {}", Bytes(n)));
                writeln!(
                    f,
                    "memory: up to {}{available} (cases {}, network {})",
                    Bytes(all),
                    Bytes(memory.data + memory.reading.max(memory.at_work)),
                    Bytes(network)
                )?;
            }
            _ => writeln!(f, "memory: not known on this device and system")?,
        }
        writeln!(
            f,
            "disk: up to {} (checkpoints {}, predictions {}, stored cases {})",
            Bytes(self.disk()),
            Bytes(self.disk.checkpoints),
            Bytes(self.disk.predictions),
            Bytes(self.disk.store)
        )
    }
}
