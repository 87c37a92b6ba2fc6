//! A run with all that is checked before it starts.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use mis_augment::Augment;
use mis_core::{ClassTable, DataSource, SampleId};
use mis_eval::Split;
use mis_models::tch::Device;
use mis_models::{AnyArchitecture, AnyLoss, Dims, Model, ModelSpec};
use mis_patch::Patches;
use mis_preproc::Step;
use mis_train::{DeviceChoice, TrainConfig};

use crate::{Environment, Experiment, Folds, Prepared, RunFolder, RunOptions, fingerprint};

/// An experiment whose settings and data were checked, with its cases read and prepared.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) experiment: Experiment,
    pub(crate) folder: RunFolder,
    pub(crate) classes: ClassTable,
    pub(crate) scans: Arc<dyn DataSource>,
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) spec: ModelSpec,
    pub(crate) device: Device,
    pub(crate) environment: Environment,
}

/// What the weights of a training are a function of, besides its cases.
#[derive(Debug)]
#[expect(dead_code, reason = "its fields are read by its Debug form, which is what it is for")]
struct Identity<'a> {
    seed: u64,
    classes: &'a ClassTable,
    preprocess: &'a [Step],
    augment: &'a Augment,
    loss: &'a AnyLoss,
    patches: &'a Patches,
    model: &'a AnyArchitecture,
    train: TrainConfig,
    data_sha256: &'a str,
    cases: &'a Split,
}

impl Run {
    /// Checks everything that can be checked without training, cheapest first, reads the cases that `splits` of the
    /// experiment use, and only then writes the run folder's first files.
    pub(crate) fn prepare(
        experiment: &Experiment,
        options: &RunOptions,
        choose: impl FnOnce(&Experiment, &[SampleId]) -> Result<Vec<Split>>,
    ) -> Result<(Self, Vec<Split>)> {
        experiment.check()?;
        let device = experiment.train.device.resolve()?;
        let folder = RunFolder::for_run(&options.out, options.resume)?;
        let classes = experiment.class_table()?;
        let scans = experiment.source()?;
        let ids = experiment.cases.select(scans.ids()?);
        let Some(first) = ids.first() else { bail!("the data set is empty: it has no case to train on") };
        let splits = choose(experiment, &ids)?;

        let spec = ModelSpec {
            n_channels: scans.load_image(first).with_context(|| first.to_string())?.n_channels(),
            n_classes: classes.n_classes(),
            dims: Dims::of_patch(experiment.patches.size),
        };
        // Built once to be asked, before hours are spent on data that it could not take.
        Model::build(&experiment.model, spec, Device::Cpu, experiment.seed)?
            .check_patch(experiment.patches.size)
            .context("patches")?;

        let used: BTreeSet<&SampleId> = chosen(&splits, options)?
            .into_iter()
            .flat_map(|fold| splits[fold].train.iter().chain(&splits[fold].validation))
            .collect();
        let used: Vec<SampleId> = used.into_iter().cloned().collect();
        let steps = experiment.preprocess.clone();
        let prepared = Arc::new(Prepared::new(scans.clone(), steps, &used, spec.n_classes)?);
        let data_sha256 = fingerprint(scans.as_ref(), &ids)?;
        let environment =
            Environment::of_this_machine(experiment.train.device, experiment.seed, data_sha256)?;
        folder.describe(experiment, &environment, &splits)?;
        let experiment = experiment.clone();
        Ok((Self { experiment, folder, classes, scans, prepared, spec, device, environment }, splits))
    }

    /// What a training on these cases is a function of, as text.
    pub(crate) fn identity(&self, split: &Split) -> String {
        let Experiment { seed, preprocess, augment, loss, patches, model, train, .. } = &self.experiment;
        // The data path is the same for any number of workers; another device goes on as well as it can.
        let train = TrainConfig { workers: 1, device: DeviceChoice::Cpu, ..train.clone() };
        let identity = Identity {
            seed: *seed,
            classes: &self.classes,
            preprocess,
            augment,
            loss,
            patches,
            model,
            train,
            data_sha256: &self.environment.data_sha256,
            cases: split,
        };
        format!("{identity:#?}")
    }
}

/// The splits of an experiment's own choice, or of its data.
pub(crate) fn splits(experiment: &Experiment, ids: &[SampleId]) -> Result<Vec<Split>> {
    Folds::splits(experiment.folds.as_ref(), experiment.data.splits_file(), ids, experiment.seed)
}

/// The folds to carry out, sorted.
pub(crate) fn chosen(splits: &[Split], options: &RunOptions) -> Result<Vec<usize>> {
    let Some(folds) = &options.folds else { return Ok((0..splits.len()).collect()) };
    for &fold in folds {
        ensure!(fold < splits.len(), "expected a fold below {}, got {fold}", splits.len());
    }
    let folds: BTreeSet<usize> = folds.iter().copied().collect();
    Ok(folds.into_iter().collect())
}
