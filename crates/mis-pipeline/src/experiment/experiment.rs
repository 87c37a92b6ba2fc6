//! What an experiment is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use mis_augment::Augment;
use mis_core::{ClassTable, DataSource};
use mis_eval::Report;
use mis_io::Source;
use mis_models::{AnyArchitecture, AnyLoss, Loss as _, Tversky, UNet};
use mis_patch::{PatchGrid, Patches};
use mis_preproc::{Step, check_all};
use mis_train::{SlidingWindow, TrainConfig};
use serde::{Deserialize, Serialize};

use crate::{Cases, EvaluateConfig, Folds, PredictConfig, ReportConfig, RunOptions, Store};

/// One experiment: data, preprocessing, augmentation, patches, network, loss, training, prediction and evaluation.
///
/// It is the form of its own file: what is read from TOML is this struct, and written it reads back the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Experiment {
    /// Seed of every random draw.
    #[serde(default)]
    pub seed: u64,
    /// The classes, background first. Data that name their own (nnU-Net's `dataset.json`) need none here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<ClassTable>,
    /// Where scans and labels come from.
    pub data: Source,
    /// Which of its cases take part.
    #[serde(default)]
    pub cases: Cases,
    /// Steps from the scan to the network's input, in their order.
    #[serde(default)]
    pub preprocess: Vec<Step>,
    /// Random changes of training patches.
    #[serde(default = "no_augmentation")]
    pub augment: Augment,
    /// How cases are split; without it by the splits that come with the data, else into five folds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<Folds>,
    /// What training makes small.
    #[serde(default = "default_loss")]
    pub loss: AnyLoss,
    /// Training patches, and the grid of prediction.
    pub patches: Patches,
    /// The network.
    #[serde(default = "default_model")]
    pub model: AnyArchitecture,
    /// Weights that training begins with, as far as they fit the network: a file `checkpoint_….safetensors` or the
    /// folder of a training. Those that do not, such as of an output for other classes, are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_from: Option<PathBuf>,
    /// How to train.
    #[serde(default)]
    pub train: TrainConfig,
    /// How to predict.
    #[serde(default)]
    pub predict: PredictConfig,
    /// How predictions are scored.
    #[serde(default)]
    pub evaluate: EvaluateConfig,
    /// What the report of a cross-validation shows.
    #[serde(default)]
    pub report: ReportConfig,
    /// What is kept on disk; without it prepared samples are kept in memory, as many as fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<Store>,
}

fn no_augmentation() -> Augment {
    Augment::None
}

fn default_loss() -> AnyLoss {
    Tversky::default().into()
}

fn default_model() -> AnyArchitecture {
    UNet::default().into()
}

impl Experiment {
    /// Begins an experiment on a data set, with the paper's loss and network, without preprocessing or augmentation.
    pub fn on(data: impl Into<Source>) -> ExperimentBuilder {
        let experiment = Self {
            seed: 0,
            classes: None,
            data: data.into(),
            cases: Cases::default(),
            preprocess: Vec::new(),
            augment: no_augmentation(),
            folds: None,
            loss: default_loss(),
            patches: PatchGrid { patch_size: [0; 3], overlap: [0; 3] }.into(), // replaced by those that are set
            model: default_model(),
            start_from: None,
            train: TrainConfig::default(),
            predict: PredictConfig::default(),
            evaluate: EvaluateConfig::default(),
            report: ReportConfig::default(),
            store: None,
        };
        ExperimentBuilder { experiment, classes: None, patches: None }
    }

    /// Says which value cannot be, without reading any data.
    pub fn check(&self) -> Result<()> {
        check_all(&self.preprocess)?;
        self.augment.check()?;
        self.patches.check()?;
        self.train.check()?;
        self.predict.check(self.patches.size).context("predict")?;
        self.evaluate.metrics().context("evaluate")?;
        self.report.check().context("report")
    }

    /// The class table: the experiment's own, else the data's.
    pub fn class_table(&self) -> Result<ClassTable> {
        match &self.classes {
            Some(classes) => Ok(classes.clone()),
            None => self.data.class_table()?.context(
                "the experiment names no classes and its data have no list of them: add \
                 classes = [\"background\", …] with the background first",
            ),
        }
    }

    /// The data, with their label values mapped by the class table.
    pub fn source(&self) -> Result<Arc<dyn DataSource>> {
        let mut source = self.data.clone();
        source.set_classes(&self.class_table()?);
        Ok(Arc::new(source))
    }

    /// How the trained network slides over a prepared scan.
    #[must_use]
    pub fn window(&self) -> SlidingWindow {
        SlidingWindow {
            grid: self.patches.grid(),
            placement: self.patches.placement,
            merge: self.predict.merge,
            precision: self.train.precision,
            batch_size: self.predict.batch_size,
            output: self.loss.output(),
            mirror: self.predict.mirror,
        }
    }

    /// Cross-validates in k folds into a run folder: see [`cross_validate`](crate::cross_validate).
    pub fn cross_validate(&self, k: usize, out: impl AsRef<Path>) -> Result<Report> {
        let experiment = Self { folds: Some(Folds::KFold(k)), ..self.clone() };
        crate::cross_validate(&experiment, &RunOptions::into(out.as_ref()))
    }
}

/// An experiment in the making; all but the patches have a default.
#[derive(Clone, Debug)]
#[must_use]
pub struct ExperimentBuilder {
    experiment: Experiment,
    classes: Option<Result<ClassTable, String>>,
    patches: Option<Patches>,
}

impl ExperimentBuilder {
    /// Names the classes, background first; each has its place as raw label value.
    pub fn classes<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.classes = Some(ClassTable::from_names(names).map_err(|error| format!("{error:#}")));
        self
    }

    /// Gives the class table, for raw label values other than 0, 1, 2 …
    pub fn class_table(mut self, classes: ClassTable) -> Self {
        self.classes = Some(Ok(classes));
        self
    }

    /// Sets which cases take part.
    pub fn cases(mut self, cases: Cases) -> Self {
        self.experiment.cases = cases;
        self
    }

    /// Adds a preprocessing step after those before.
    pub fn preprocess(mut self, step: impl Into<Step>) -> Self {
        self.experiment.preprocess.push(step.into());
        self
    }

    /// Sets the random changes of training patches.
    pub fn augment(mut self, augment: impl Into<Augment>) -> Self {
        self.experiment.augment = augment.into();
        self
    }

    /// Sets the patches.
    pub fn patches(mut self, patches: impl Into<Patches>) -> Self {
        self.patches = Some(patches.into());
        self
    }

    /// Sets the network.
    pub fn model(mut self, model: impl Into<AnyArchitecture>) -> Self {
        self.experiment.model = model.into();
        self
    }

    /// Sets the loss.
    pub fn loss(mut self, loss: impl Into<AnyLoss>) -> Self {
        self.experiment.loss = loss.into();
        self
    }

    /// Begins training with the weights of a checkpoint, or of a training's folder, as far as they fit.
    pub fn start_from(mut self, path: impl Into<PathBuf>) -> Self {
        self.experiment.start_from = Some(path.into());
        self
    }

    /// Sets how to train.
    pub fn train(mut self, train: TrainConfig) -> Self {
        self.experiment.train = train;
        self
    }

    /// Sets how to predict.
    pub fn predict(mut self, predict: PredictConfig) -> Self {
        self.experiment.predict = predict;
        self
    }

    /// Sets how predictions are scored.
    pub fn evaluate(mut self, evaluate: EvaluateConfig) -> Self {
        self.experiment.evaluate = evaluate;
        self
    }

    /// Sets what the report of a cross-validation shows.
    pub fn report(mut self, report: ReportConfig) -> Self {
        self.experiment.report = report;
        self
    }

    /// Sets what is kept on disk.
    pub fn store(mut self, store: Store) -> Self {
        self.experiment.store = Some(store);
        self
    }

    /// Sets how cases are split.
    pub fn folds(mut self, folds: Folds) -> Self {
        self.experiment.folds = Some(folds);
        self
    }

    /// Sets the seed of every random draw.
    pub fn seed(mut self, seed: u64) -> Self {
        self.experiment.seed = seed;
        self
    }

    /// The experiment; an error names what is missing or cannot be.
    pub fn build(self) -> Result<Experiment> {
        let classes = self.classes.transpose().map_err(anyhow::Error::msg)?;
        let patches =
            self.patches.context("an experiment needs patches: a size, and the overlap of its grid")?;
        let mut experiment = Experiment { classes, patches, ..self.experiment };
        if let Some(classes) = &experiment.classes {
            experiment.data.set_classes(classes); // before a source of the user's own is shared
        }
        experiment.check()?;
        Ok(experiment)
    }

    /// Builds and cross-validates in k folds into a run folder: see [`cross_validate`](crate::cross_validate).
    pub fn cross_validate(self, k: usize, out: impl AsRef<Path>) -> Result<Report> {
        self.build()?.cross_validate(k, out)
    }
}
