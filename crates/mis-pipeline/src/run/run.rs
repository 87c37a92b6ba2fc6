//! A run with all that is checked before it starts.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{ClassTable, DataSource, SampleId};
use mis_eval::Split;
use mis_models::tch::Device;
use mis_models::{Dims, Loss as _, Model, ModelSpec};
use mis_train::Ranks;

use super::identity::identity;
use super::start::{start_from, start_sha256};
use crate::threads::limit_threads;
use crate::{Environment, Experiment, Forecast, Prepared, RunFolder, RunOptions, fingerprint};

/// Has rank 0 do what writes, and then the others, who find it done.
pub(crate) fn first_alone<T>(ranks: &dyn Ranks, work: impl FnOnce() -> Result<T>) -> Result<T> {
    if !ranks.is_first() {
        ranks.wait();
        return work();
    }
    let done = work()?;
    ranks.wait();
    Ok(done)
}

/// What the network takes and gives, where loss, patches and network fit each other and the data.
pub(crate) fn check_network(
    experiment: &Experiment,
    classes: &ClassTable,
    n_channels: usize,
) -> Result<ModelSpec> {
    let spec = ModelSpec {
        n_channels,
        n_classes: experiment.loss.regions().map_or(classes.n_classes(), <[_]>::len),
        dims: Dims::of_patch(experiment.patches.size),
    };
    experiment.loss.check(spec.n_classes).context("loss")?;
    for &class in experiment.loss.regions().unwrap_or_default().iter().flatten() {
        ensure!(
            usize::from(class) < classes.n_classes(),
            "loss: regions: expected classes below {}, got {class}",
            classes.n_classes()
        );
    }
    // Built once to be asked, before hours are spent on data that it could not take.
    let mut model = Model::build(&experiment.model, spec, Device::Cpu, experiment.seed)?;
    model.check_patch(experiment.patches.size).context("patches")?;
    start_from(&mut model, experiment.start_from.as_deref())?;
    experiment.patches.check_data(spec.n_channels, spec.n_classes)?;
    let shown = experiment.report.overlay.channel;
    ensure!(shown < n_channels, "report: overlay: expected a channel below {n_channels}, got {shown}");
    Ok(spec)
}

/// The cases of splits, sorted.
pub(crate) fn cases_of(splits: &[Split]) -> Vec<SampleId> {
    let cases: BTreeSet<&SampleId> =
        splits.iter().flat_map(|split| split.train.iter().chain(&split.validation)).collect();
    cases.into_iter().cloned().collect()
}

/// What a first look at an experiment's data tells.
#[derive(Debug)]
pub(crate) struct FirstLook {
    pub(crate) classes: ClassTable,
    pub(crate) scans: Arc<dyn DataSource>,
    pub(crate) ids: Vec<SampleId>,
    pub(crate) splits: Vec<Split>,
    pub(crate) spec: ModelSpec,
}

impl FirstLook {
    /// Lists the cases, splits them as `choose` does, and looks at the first for what the network takes.
    pub(crate) fn at(
        experiment: &Experiment,
        choose: impl FnOnce(&[SampleId]) -> Result<Vec<Split>>,
    ) -> Result<Self> {
        let classes = experiment.class_table()?;
        let scans = experiment.source()?;
        let ids = experiment.cases.select(scans.ids()?);
        let Some(first) = ids.first() else { bail!("the data set is empty: it has no case to train on") };
        let splits = choose(&ids)?;
        let n_channels = scans.load_image(first).with_context(|| first.to_string())?.n_channels();
        let spec = check_network(experiment, &classes, n_channels)?;
        Ok(Self { classes, scans, ids, splits, spec })
    }
}

/// What several processes share of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shared {
    /// The folds, each of which one process trains alone.
    Folds,
    /// Each batch.
    Batches,
}

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
    pub(crate) start_sha256: Option<String>,
}

impl Run {
    /// Checks everything that can be checked without training, cheapest first, reads the cases of the splits
    /// that `choose` makes of the data set's, and only then writes the run folder's first files.
    pub(crate) fn prepare(
        experiment: &Experiment,
        options: &RunOptions,
        shared: Shared,
        choose: impl FnOnce(&[SampleId]) -> Result<Vec<Split>>,
    ) -> Result<Self> {
        experiment.check()?;
        let ranks = options.ranks.as_ref();
        let device = experiment.train.device.of_rank(ranks.local_rank()).resolve()?;
        limit_threads(experiment.train.threads)?;
        let folder = RunFolder::for_run(&options.out, options.resume)?;
        let FirstLook { classes, scans, ids, splits, spec } = FirstLook::at(experiment, choose)?;
        // Headers that cannot be read are told with all that is wrong with the cases, below.
        if let Ok(forecast) = Forecast::of(experiment, &classes, &splits, spec, device) {
            let n_sharing = if shared == Shared::Batches { ranks.n() } else { 1 };
            forecast.shared_by(n_sharing).check_memory(options.memory, ranks.n_local())?;
        }
        ranks.wait(); // until all have seen what memory is free, before any takes of it

        let steps = experiment.preprocess.clone();
        let store = experiment.store.as_ref();
        let prepare = || Prepared::new(scans.clone(), steps, &cases_of(&splits), &classes, store);
        // Where there is a store one rank fills it, and the others find it filled.
        let prepared = Arc::new(if store.is_some() { first_alone(ranks, prepare)? } else { prepare()? });
        let data_sha256 = fingerprint(scans.as_ref(), &ids)?;
        let environment =
            Environment::of_this_machine(device, experiment.train.precision, experiment.seed, data_sha256);
        let start_sha256 = start_sha256(experiment.start_from.as_deref())?;
        let start = start_sha256.as_deref();
        let settings = identity(experiment, &classes, &environment.data_sha256, start, device);
        ranks.wait(); // until all have found the folder as it was
        first_alone(ranks, || folder.describe(experiment, &settings, &environment))?;
        let experiment = experiment.clone();
        Ok(Self { experiment, folder, classes, scans, prepared, spec, device, environment, start_sha256 })
    }

    /// What a training of this split is a function of, as text.
    pub(crate) fn identity(&self, split: &Split) -> String {
        let start = self.start_sha256.as_deref();
        let settings =
            identity(&self.experiment, &self.classes, &self.environment.data_sha256, start, self.device);
        format!("{settings}\n{split:#?}")
    }
}
