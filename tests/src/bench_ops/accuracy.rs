//! How good a network is after how many seconds of training.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use mis::core::{BatchSource as _, DataSource as _, SampleId, argmax};
use mis::eval::{MetricChoice, Policy, read_splits};
use mis::models::tch::Device;
use mis::models::{Dims, Model, ModelSpec};
use mis::patch::{CaseOrder, LastBatch, PassedOver, PatchLoader, Share};
use mis::pipeline::{Experiment, Prepared};
use mis::train::{History, Trainer, predict};
use serde_json::{Map, json};

use super::case::Case;
use super::line::Measured;
use super::memory::peak_mb;
use crate::bench_kits::workspace;

/// Trains the experiment of `hippocampus.toml` on fold 0 for so many seconds, loading included, and scores the validation
/// cases each minute, which is not counted. The schedule runs on the clock, so that it is complete on any machine.
///
/// The data set is looked for as `msd_hippocampus` in `MIS_DATA`, by default `../shared/data` beside the workspace.
pub(super) fn hippocampus(case: &Case<'_>, limit_s: f64) -> Result<Measured> {
    let start = Instant::now();
    let data = std::env::var_os("MIS_DATA").map_or_else(|| workspace().join("../shared/data"), PathBuf::from);
    let data = data.join("msd_hippocampus");
    let mut experiment = Experiment::read(&workspace().join("crates/mis/examples/hippocampus.toml"))?;
    experiment.data = experiment.data.with_path(data.clone())?;
    let (source, classes) = (experiment.source()?, experiment.class_table()?);
    let splits = read_splits(&data.join("splits_final.json"))?;
    let split = splits.first().context("expected a split")?;
    let ids: Vec<SampleId> = split.train.iter().chain(&split.validation).cloned().collect();
    let prepared = Arc::new(Prepared::new(source, experiment.preprocess.clone(), &ids, &classes, None)?);

    let spec = ModelSpec { n_channels: 1, n_classes: classes.n_classes(), dims: Dims::Three };
    let mut model = Model::build(&experiment.model, spec, Device::Cpu, experiment.seed)?;
    let train = &experiment.train;
    ensure!(train.accumulate == 1, "this loop takes one batch a step");
    let loader = PatchLoader {
        source: prepared.clone(),
        ids: split.train.clone(),
        sampler: experiment.patches.sampler(),
        transform: Some(Arc::new(experiment.augment.sequence())),
        batch_size: train.batch_size,
        steps: train.steps_per_epoch,
        last: LastBatch::Keep,
        order: CaseOrder::Shuffled,
        seed: experiment.seed,
        workers: train.workers,
        passed_over: PassedOver::default(),
        share: Share::default(),
    };
    let mut trainer = Trainer::new(&mut model, &experiment.loss, train, experiment.seed)?;
    let dice = MetricChoice::Dice.metric(Policy::NnUnet)?;
    let (mut log, mut n_steps) = (Vec::new(), 0);
    let load_s = start.elapsed().as_secs_f64();
    let (mut train_s, mut next_s, mut tick) = (load_s, 60.0_f64, Instant::now());
    'training: for epoch in 0.. {
        for batch in loader.epoch(epoch) {
            let passed = (train_s / limit_s).min(1.0);
            let rate = train.schedule.rate(train.optimizer.learning_rate(), passed, 1, &History::default());
            let loss = trainer.step(&batch?, rate)?.loss;
            n_steps += 1;
            train_s += tick.elapsed().as_secs_f64();
            tick = Instant::now();
            if train_s < next_s.min(limit_s) {
                continue;
            }
            trainer.exchange_average()?;
            let mut sums = [0.0; 2];
            for id in &split.validation {
                let sample = prepared.load_shared(id)?;
                let prediction = argmax(&predict(trainer.model(), &sample.image, &experiment.window())?);
                let truth = sample.labels.as_ref().context("a case has labels")?;
                for (class, sum) in (1..).zip(&mut sums) {
                    *sum +=
                        dice.score(&prediction, truth, class).context("both classes are in every case")?;
                }
            }
            trainer.exchange_average()?;
            let [dice1, dice2] = sums.map(|sum| sum / split.validation.len() as f64);
            let wall_s = start.elapsed().as_secs_f64();
            let mean = (dice1 + dice2) / 2.0;
            log.push(json!({"train_s": train_s, "wall_s": wall_s, "step": n_steps, "loss": loss,
                            "dice1": dice1, "dice2": dice2, "mean": mean}));
            if train_s >= limit_s {
                break 'training;
            }
            next_s += 60.0;
            tick = Instant::now();
        }
    }
    let measured = Measured {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        median_s: train_s,
        min_s: train_s,
        max_s: train_s,
        n: n_steps,
        peak_rss_mb: peak_mb()?,
        log: Some(log),
        threads: Some(case.threads),
        extra: Map::new(),
    };
    Ok(measured.with("load_s", load_s).with("steps_per_second", n_steps as f64 / (train_s - load_s)))
}
