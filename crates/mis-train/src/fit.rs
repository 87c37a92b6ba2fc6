//! The training loop.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{Batch, BatchSource};
use mis_models::{Loss, Model};

use crate::progress::TrainProgress;
use crate::same_experiment::check_same_experiment;
use crate::training_folder::TrainingFolder;
use crate::validate::validate;
use crate::{
    Callback, Checkpoint, EpochStats, History, Ranks, StopSignal, TrainConfig, TrainState, Trainer,
    ValidationSet,
};

/// What a training needs besides the model.
#[derive(Clone, Copy, Debug)]
pub struct FitJob<'a> {
    /// What the progress bar calls it, such as `fold 0`.
    pub title: &'a str,
    /// What training makes small.
    pub loss: &'a dyn Loss,
    /// Batches to train on.
    pub train: &'a dyn BatchSource,
    /// What to validate on; none validates never.
    pub validation: Option<ValidationSet<'a>>,
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
    /// The processes that train this model together, each on its own batches; [`Alone`](crate::Alone) for one.
    pub ranks: &'a dyn Ranks,
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

/// The outcome of a training; the weights, or their average where one is kept, are in the model.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// All epochs.
    pub history: History,
    /// How it ended.
    pub ended: Ended,
}

/// Trains a model. After each epoch `checkpoint_last`, `history.tsv`, `curves.svg` and TensorBoard's file are written, and
/// `checkpoint_best` when the validation is better than before.
///
/// On the CPU the weights are the same, bit for bit, for the same seed, build and number of libtorch's threads,
/// whether the run was stopped and resumed or not. A loss that is not finite ends the run with the step and the cases.
///
/// Several ranks take each step together, by the mean over all their batches, and come to the same weights; rank 0
/// writes. They all stop where one is asked to.
pub fn fit(model: &mut Model, job: &FitJob<'_>, callbacks: &mut [Box<dyn Callback>]) -> Result<Fitted> {
    let config = job.config;
    let mut trainer = Trainer::new(model, job.loss, config, job.seed)?.among(job.ranks);
    let writes = job.ranks.is_first();
    let mut folder = TrainingFolder::open(job.folder, job.experiment, config.keep_checkpoints, writes)?;
    job.ranks.wait(); // for the folder
    let mut state = TrainState::default();
    if job.resume && folder.last().exists() {
        state = restore(&mut trainer, &folder.last(), job.experiment)?;
        restore_callbacks(callbacks, &state.callbacks)
            .with_context(|| format!("cannot go on from {}", folder.last().display()))?;
        if !state.history.epochs.is_empty() {
            folder.report(&state.history)?; // a killed run may not have come to it
        }
    }
    let progress = TrainProgress::new(job.title, config.epochs, state.epoch);
    let mut ended = ended(config, &state);
    while ended.is_none() {
        if train_epoch(&mut trainer, job, &mut state, &folder, &progress)? == Ended::Interrupted {
            state.callbacks = callbacks.iter().map(|callback| callback.state()).collect();
            folder.check(&trainer, &state)?;
            folder.save_last(&trainer, &state)?;
            ended = Some(Ended::Interrupted);
            break;
        }
        let stats = close_epoch(&mut trainer, job, &mut state)?;
        for callback in &mut *callbacks {
            state.ended_by_callback |= callback.on_epoch_end(&stats)? == ControlFlow::Break(());
        }
        state.ended_by_callback = job.ranks.any(state.ended_by_callback);
        state.callbacks = callbacks.iter().map(|callback| callback.state()).collect();
        let is_best = score(&stats).filter(|&score| state.best.is_none_or(|best| score > best));
        state.best = is_best.or(state.best);
        folder.check(&trainer, &state)?;
        if is_best.is_some() {
            folder.save_best(&trainer, &state)?; // before the last, which says that there is this best
        }
        folder.save_last(&trainer, &state)?;
        folder.rotate(state.epoch)?;
        folder.report(&state.history)?;
        progress.epoch(&stats);
        ended = self::ended(config, &state);
    }
    trainer.exchange_average()?;
    Ok(Fitted { history: state.history, ended: ended.unwrap_or(Ended::Completed) })
}

/// Carries out the steps of an epoch that are still to be done, unless it is asked to stop.
fn train_epoch(
    trainer: &mut Trainer<'_>,
    job: &FitJob<'_>,
    state: &mut TrainState,
    folder: &TrainingFolder<'_>,
    progress: &TrainProgress,
) -> Result<Ended> {
    let config = job.config;
    let (clock, before) = (Instant::now(), state.seconds);
    let mut batches = job.train.epoch(state.epoch);
    for _ in 0..state.step as usize * config.accumulate {
        batches.next().transpose()?; // trained on before the stop
    }
    let rate = |state: &TrainState| {
        let behind = config.steps_per_epoch.map_or(0.0, |n| f64::from(state.step) / f64::from(n));
        let passed = f64::from(state.epoch) + behind;
        config.schedule.rate(config.optimizer.learning_rate(), passed, config.epochs, &state.history)
    };
    loop {
        let of_step = batches.by_ref().take(config.accumulate).collect::<Result<Vec<Batch>>>()?;
        if !job.ranks.any(!of_step.is_empty()) {
            break;
        }
        state.learning_rate = rate(state);
        let stats = trainer.step_over(&of_step, state.learning_rate)?;
        if !stats.is_finite() {
            let what = match stats.gradient_norm {
                Some(norm) if stats.loss.is_finite() => format!("the norm of the gradients is {norm}"),
                _ => format!("the loss is {}", stats.loss),
            };
            let ids = of_step.iter().flat_map(Batch::ids).map(ToString::to_string).collect::<Vec<_>>();
            bail!(
                "epoch {}, step {}: {what} on {}; {}",
                state.epoch + 1,
                state.step + 1,
                ids.join(", "),
                folder.last_good()
            );
        }
        state.step += 1;
        state.loss_sum += stats.loss;
        state.seconds = before + clock.elapsed().as_secs_f64();
        state.n_steps = trainer.optimizer.n_steps();
        progress.step(state.step, config.steps_per_epoch, stats.loss, state.seconds);
        if job.ranks.any(job.stop.is_raised()) {
            return Ok(Ended::Interrupted);
        }
    }
    ensure!(state.step > 0, "epoch {} has no batch to train on", state.epoch + 1);
    Ok(Ended::Completed)
}

/// Adds the epoch's figures to the history and turns to the next.
fn close_epoch(trainer: &mut Trainer<'_>, job: &FitJob<'_>, state: &mut TrainState) -> Result<EpochStats> {
    let every = job.config.validate_every;
    let due = every > 0 && ((state.epoch + 1).is_multiple_of(every) || state.epoch + 1 == job.config.epochs);
    let validation = match job.validation {
        Some(set) if due => {
            trainer.exchange_average()?;
            let validation = validate(trainer.model, job.loss, set, job.config.precision, job.ranks)?;
            trainer.exchange_average()?;
            Some(validation)
        }
        _ => None,
    };
    let stats = EpochStats {
        epoch: state.epoch,
        train_loss: state.loss_sum / f64::from(state.step),
        validation,
        learning_rate: state.learning_rate,
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

/// Whether a training in this state is over.
fn ended(config: &TrainConfig, state: &TrainState) -> Option<Ended> {
    let between_epochs = state.step == 0;
    let stopped = config.early_stop.is_some_and(|early_stop| early_stop.ends(&state.history));
    if state.epoch >= config.epochs {
        return Some(Ended::Completed);
    }
    (between_epochs && (state.ended_by_callback || stopped)).then_some(Ended::Early)
}

fn restore(trainer: &mut Trainer<'_>, path: &Path, experiment: &str) -> Result<TrainState> {
    let checkpoint = Checkpoint::load(path)?;
    check_same_experiment(path, &checkpoint.experiment, experiment)?;
    let fits = trainer.model.set_weights(checkpoint.live.as_ref().unwrap_or(&checkpoint.weights));
    fits.with_context(|| format!("{} does not fit the network", path.display()))?;
    if let Some(averaged) = &mut trainer.averaged {
        averaged.restore(&checkpoint.weights)?;
    }
    trainer.optimizer.restore(&checkpoint.optimizer, checkpoint.state.n_steps)?;
    Ok(checkpoint.state)
}

fn restore_callbacks(callbacks: &mut [Box<dyn Callback>], states: &[Option<String>]) -> Result<()> {
    ensure!(
        callbacks.len() == states.len(),
        "expected the {} callbacks of the run that was stopped, found {}",
        states.len(),
        callbacks.len()
    );
    for (callback, state) in callbacks.iter_mut().zip(states) {
        if let Some(state) = state {
            callback.restore(state)?;
        }
    }
    Ok(())
}
