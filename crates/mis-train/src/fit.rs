//! The training loop.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{Batch, BatchSource};
use mis_models::{Loss, Model};

use crate::curves::write_curves;
use crate::progress::TrainProgress;
use crate::same_experiment::check_same_experiment;
use crate::validate::validate;
use crate::{Callback, Checkpoint, EpochStats, History, StopSignal, TrainConfig, TrainState, Trainer};

/// What a training needs besides the model.
#[derive(Clone, Copy, Debug)]
pub struct FitJob<'a> {
    /// What the progress bar calls it, such as `fold 0`.
    pub title: &'a str,
    /// What training makes small.
    pub loss: &'a dyn Loss,
    /// Batches to train on.
    pub train: &'a dyn BatchSource,
    /// Patches to validate on: epoch 0 of this source, each time the same.
    pub validation: Option<&'a dyn BatchSource>,
    /// How to train.
    pub config: &'a TrainConfig,
    /// The experiment's seed, for what the network itself draws (dropout).
    pub seed: u64,
    /// Where checkpoints, history and curves go.
    pub folder: &'a Path,
    /// What the training is a function of, as text; a checkpoint of another text is not resumed.
    pub experiment: &'a str,
    /// Whether to go on from `checkpoint_last` where the folder has one.
    pub resume: bool,
    /// The wish to stop, looked at after each step.
    pub stop: &'a StopSignal,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After its last epoch.
    Completed,
    /// By its early stop or a callback.
    Early,
    /// By the stop signal; the checkpoint holds the state of that step.
    Interrupted,
}

/// The outcome of a training; the weights are in the model.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// All epochs.
    pub history: History,
    /// How it ended.
    pub ended: Ended,
}

/// File of the last state in a training's folder.
pub const CHECKPOINT_LAST: &str = "checkpoint_last.safetensors";
/// File of the state with the best validation in a training's folder.
pub const CHECKPOINT_BEST: &str = "checkpoint_best.safetensors";

/// Trains a model. After each epoch `checkpoint_last`, `history.tsv` and `curves.svg` are written, and
/// `checkpoint_best` when the validation is better than before.
///
/// On the CPU the weights are the same, bit for bit, for the same seed, build and number of libtorch's threads,
/// whether the run was stopped and resumed or not. A loss that is not finite ends the run with the step and the cases.
pub fn fit(model: &mut Model, job: &FitJob<'_>, callbacks: &mut [Box<dyn Callback>]) -> Result<Fitted> {
    let config = job.config;
    let mut trainer = Trainer::new(model, job.loss, config, job.seed)?;
    let mut state = TrainState::default();
    let last = job.folder.join(CHECKPOINT_LAST);
    if job.resume && last.exists() {
        state = restore(&mut trainer, &last, job.experiment)?;
    }
    let progress = TrainProgress::new(job.title, config.epochs, state.epoch);
    while state.epoch < config.epochs && !ended_early(config, &state) {
        let rate = config.schedule.rate(
            config.optimizer.learning_rate(),
            state.epoch,
            config.epochs,
            &state.history,
        );
        let clock = Instant::now();
        let before = state.seconds;
        for batch in job.train.epoch(state.epoch).skip(state.step as usize) {
            let loss = train_step(&mut trainer, job, &batch?, rate, &state)?;
            state.step += 1;
            state.loss_sum += loss;
            state.seconds = before + clock.elapsed().as_secs_f64();
            state.n_steps = trainer.optimizer.n_steps();
            progress.step(state.step, config.steps_per_epoch, loss);
            if job.stop.is_raised() {
                Checkpoint::save(&last, &trainer, &state, job.experiment)?;
                return Ok(Fitted { history: state.history, ended: Ended::Interrupted });
            }
        }
        ensure!(state.step > 0, "epoch {} has no batch to train on", state.epoch);
        let stats = close_epoch(trainer.model, job, &mut state, rate)?;
        if let Some(score) = score(&stats)
            && state.best.is_none_or(|best| score > best)
        {
            state.best = Some(score);
            Checkpoint::save(&job.folder.join(CHECKPOINT_BEST), &trainer, &state, job.experiment)?;
        }
        Checkpoint::save(&last, &trainer, &state, job.experiment)?;
        state.history.write_tsv(&job.folder.join("history.tsv"))?;
        write_curves(&state.history, &job.folder.join("curves.svg"))?;
        progress.epoch();
        for callback in &mut *callbacks {
            if let ControlFlow::Break(()) = callback.on_epoch_end(&stats)? {
                return Ok(Fitted { history: state.history, ended: Ended::Early });
            }
        }
    }
    let ended = if state.epoch < config.epochs { Ended::Early } else { Ended::Completed };
    Ok(Fitted { history: state.history, ended })
}

fn train_step(
    trainer: &mut Trainer<'_>,
    job: &FitJob<'_>,
    batch: &Batch,
    rate: f64,
    state: &TrainState,
) -> Result<f64> {
    let loss = trainer.step(batch, rate)?;
    if !loss.is_finite() {
        let ids: Vec<_> = batch.ids().iter().map(ToString::to_string).collect();
        bail!(
            "epoch {}, step {}: the loss is {loss} on {}; the last good state is {}",
            state.epoch + 1,
            state.step + 1,
            ids.join(", "),
            job.folder.join(CHECKPOINT_LAST).display()
        );
    }
    Ok(loss)
}

/// Adds the epoch's figures to the history and turns to the next.
fn close_epoch(
    model: &Model,
    job: &FitJob<'_>,
    state: &mut TrainState,
    learning_rate: f64,
) -> Result<EpochStats> {
    let every = job.config.validate_every;
    let due = every > 0 && ((state.epoch + 1).is_multiple_of(every) || state.epoch + 1 == job.config.epochs);
    let validation = match job.validation {
        Some(source) if due => Some(validate(model, job.loss, source, job.config.precision)?),
        _ => None,
    };
    let stats = EpochStats {
        epoch: state.epoch,
        train_loss: state.loss_sum / f64::from(state.step),
        validation,
        learning_rate,
        n_steps: state.step,
        seconds: state.seconds,
    };
    state.history.epochs.push(stats.clone());
    state.epoch += 1;
    (state.step, state.loss_sum, state.seconds) = (0, 0.0, 0.0);
    Ok(stats)
}

/// What makes one epoch better than another: the validation's mean Dice, or where no class occurs its negative loss.
fn score(stats: &EpochStats) -> Option<f64> {
    let validation = stats.validation.as_ref()?;
    Some(validation.mean_dice().unwrap_or(-validation.loss))
}

fn ended_early(config: &TrainConfig, state: &TrainState) -> bool {
    state.step == 0 && config.early_stop.is_some_and(|early_stop| early_stop.ends(&state.history))
}

fn restore(trainer: &mut Trainer<'_>, path: &Path, experiment: &str) -> Result<TrainState> {
    let checkpoint = Checkpoint::load(path)?;
    check_same_experiment(path, &checkpoint.experiment, experiment)?;
    let fits = trainer.model.set_weights(&checkpoint.weights);
    fits.with_context(|| format!("{} does not fit the network", path.display()))?;
    trainer.optimizer.restore(&checkpoint.optimizer, checkpoint.state.n_steps)?;
    Ok(checkpoint.state)
}
