//! How to train.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{Adam, AnyOptimizer, DeviceChoice, EarlyStop, Precision, Schedule, ValidateOn, WeightAverage};

/// How to train: the `[train]` table of an experiment file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainConfig {
    /// Number of epochs.
    pub epochs: u32,
    /// Optimizer steps of an epoch; without it an epoch shows every patch of every case once.
    pub steps_per_epoch: Option<u32>,
    /// Patches of a batch.
    pub batch_size: usize,
    /// Batches whose mean gradient makes one step.
    pub accumulate: usize,
    /// What moves the weights.
    pub optimizer: AnyOptimizer,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Norm of all gradients together above which they are scaled down to it; none leaves them.
    pub gradient_clip: Option<f64>,
    /// Whether validation and prediction take an average of the weights; none takes them as they are.
    pub average: Option<WeightAverage>,
    /// When to stop before the last epoch.
    pub early_stop: Option<EarlyStop>,
    /// Every how many epochs the validation cases are scored; 0 is never.
    pub validate_every: u32,
    /// Whether their patches are scored, or the cases as they will be predicted.
    pub validate_on: ValidateOn,
    /// Checkpoints of so many last epochs are kept beside the last and the best.
    pub keep_checkpoints: u32,
    /// Precision of the convolutions.
    pub precision: Precision,
    /// Where to compute.
    pub device: DeviceChoice,
    /// Threads that libtorch trains with, where it is allowed as many; none for all that it is allowed. On the CPU
    /// another number may round otherwise.
    pub threads: Option<usize>,
    /// Threads that prepare batches. The batches are the same for any number.
    pub workers: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 1000,
            steps_per_epoch: None,
            batch_size: 2,
            accumulate: 1,
            optimizer: Adam::default().into(),
            schedule: Schedule::default(),
            gradient_clip: None,
            average: None,
            early_stop: None,
            validate_every: 1,
            validate_on: ValidateOn::default(),
            keep_checkpoints: 0,
            precision: Precision::default(),
            device: DeviceChoice::default(),
            threads: None,
            workers: 2,
        }
    }
}

impl TrainConfig {
    /// Says which value cannot be, before anything is read.
    pub fn check(&self) -> Result<()> {
        ensure!(self.epochs > 0, "train: epochs must be positive, got 0");
        ensure!(self.steps_per_epoch != Some(0), "train: steps-per-epoch must be positive, got 0");
        ensure!(self.batch_size > 0, "train: batch-size must be positive, got 0");
        ensure!(self.accumulate > 0, "train: accumulate must be positive, got 0");
        ensure!(self.threads != Some(0), "train: threads must be positive, got 0");
        ensure!(self.workers > 0, "train: workers must be positive, got 0");
        if let Some(clip) = self.gradient_clip {
            ensure!(clip > 0.0, "train: gradient-clip must be positive, got {clip}");
        }
        self.average.as_ref().map_or(Ok(()), WeightAverage::check)?;
        self.optimizer.check()?;
        self.schedule.check()
    }
}
