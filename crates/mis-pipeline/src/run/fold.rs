//! One training, and the scores of its validation cases.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use mis_augment::Cycles;
use mis_core::{BatchSource, PredictionSink as _, SampleId, write_atomically};
use mis_eval::{Metric, Scored, Split, score_case};
use mis_io::NiftiFolder;
use mis_models::Model;
use mis_patch::{CaseOrder, GridPatches, LastBatch, PassedOver, PatchLoader, PatchRules, PerVisit, Share};
use mis_train::{Ended, FitJob, MirroredViews, SlidingWindow, StopSignal, ValidateOn, ValidationSet, fit};

use super::run::Run;
use super::start::start_from;
use super::store::stored_batches;
use crate::prediction::weights_file;
use crate::progress::Progress;
use crate::{Keep, RunOptions, TrainedRun};

/// Trains on a split's training cases; the validation cases watch.
pub(crate) fn train_fold(
    run: &Run,
    split: &Split,
    fold: Option<usize>,
    options: &RunOptions,
) -> Result<Model> {
    let experiment = &run.experiment;
    let train = &experiment.train;
    let batches = PatchLoader {
        source: run.prepared.clone(),
        ids: split.train.clone(),
        sampler: Arc::new(Cycles { n: experiment.augment.n_cycles(), sampler: experiment.patches.sampler() }),
        transform: Some(Arc::new(experiment.augment.sequence())),
        batch_size: train.batch_size,
        steps: train.steps_per_epoch.map(|n| n * train.accumulate as u32),
        last: experiment.patches.last_batch,
        order: CaseOrder::Shuffled,
        seed: experiment.seed,
        workers: train.workers,
        passed_over: PassedOver::default(),
        share: options.ranks.share(),
    };
    let (grid, placement) = (experiment.patches.grid(), experiment.patches.placement);
    let patches = PatchLoader {
        ids: split.validation.clone(),
        sampler: Arc::new(GridPatches::new(grid, placement, PatchRules::default(), PerVisit::All)),
        transform: None,
        last: LastBatch::Keep,
        steps: None,
        order: CaseOrder::Sorted,
        share: Share::default(),
        ..batches.clone()
    };
    let window = SlidingWindow { mirror: MirroredViews::default(), ..experiment.window() };
    let validation = match train.validate_on {
        ValidateOn::Patches => ValidationSet::Patches(&patches),
        ValidateOn::Scans => {
            ValidationSet::Scans { source: run.prepared.as_ref(), ids: &split.validation, window: &window }
        }
    };
    let stored = match &experiment.store {
        Some(store) if store.keep == Keep::Batches => {
            Some(stored_batches(run, split, &batches, &store.folder)?)
        }
        _ => None,
    };
    let folder = run.folder.training(fold);
    let title = fold.map_or_else(|| "all cases".to_owned(), |fold| format!("fold {fold}"));
    let job = FitJob {
        title: &title,
        loss: &experiment.loss,
        train: stored.as_ref().map_or(&batches as &dyn BatchSource, |stored| stored),
        validation: (!split.validation.is_empty()).then_some(validation),
        config: train,
        seed: experiment.seed,
        folder: &folder,
        experiment: &run.identity(split),
        resume: options.resume,
        stop: &options.stop,
        ranks: options.ranks.as_ref(),
    };
    let mut model = Model::build(&experiment.model, run.spec, run.device, experiment.seed)?;
    start_from(&mut model, experiment.start_from.as_deref())?;
    let fitted = fit(&mut model, &job, &mut [])?;
    if !batches.passed_over.ids().is_empty() {
        let note = &batches.passed_over;
        let name = match options.ranks.rank() {
            0 => "notes.txt".to_owned(),
            rank => format!("notes_rank_{rank}.txt"), // each process has visits of its own
        };
        write_atomically(&folder.join(name), |file| Ok(writeln!(file, "{note}")?))?;
    }
    if fitted.ended == Ended::Interrupted {
        bail!("interrupted; its state is kept in {}: --resume goes on from there", folder.display());
    }
    Ok(model)
}

/// Trains a fold, predicts its validation cases on their own lattice, writes the predictions and scores them.
pub(crate) fn run_fold(
    run: &Run,
    split: &Split,
    fold: usize,
    options: &RunOptions,
    metrics: &[Arc<dyn Metric>],
) -> Result<Vec<Scored>> {
    let folder = run.folder.training(Some(fold));
    let mut model = train_fold(run, split, Some(fold), options)?;
    mis_train::load_weights(&mut model, &weights_file(&folder, run.experiment.predict.weights)?)?;
    let trained = TrainedRun { experiment: run.experiment.clone(), models: vec![model] };
    let sink = NiftiFolder { folder: folder.join("predictions"), scans: run.scans.clone() };
    let progress = Progress::over(split.validation.len(), format!("fold {fold} predicting"));
    let mut scored = Vec::with_capacity(split.validation.len());
    for id in &split.validation {
        stop_here(&options.stop, &folder)?;
        scored.push(score_one(run, &trained, id, &sink, metrics).with_context(|| id.to_string())?);
        progress.step(&id.0);
    }
    Ok(scored)
}

fn score_one(
    run: &Run,
    trained: &TrainedRun,
    id: &SampleId,
    sink: &NiftiFolder,
    metrics: &[Arc<dyn Metric>],
) -> Result<Scored> {
    let case = run.scans.load(id)?;
    let truth = case.labels.context("has no labels to be scored by")?;
    let prediction = trained.label_map(case.image)?;
    sink.write(id, &prediction)?;
    score_case(id, &prediction, &truth, metrics, run.classes.n_classes())
}

fn stop_here(stop: &StopSignal, folder: &Path) -> Result<()> {
    if stop.is_raised() {
        bail!(
            "interrupted while predicting; {} keeps what was trained: --resume goes on from there",
            folder.display()
        );
    }
    Ok(())
}
