//! The state of a training on disk.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use mis_models::tch::Tensor;
use mis_models::{Model, ModelSpec, Weights};
use serde::{Deserialize, Serialize};

use crate::{History, Trainer};

/// Everything a training needs to go on exactly where it stopped: one safetensors file with the weights that predict
/// under `model.`, the optimizer's memory under `optimizer.` and the rest as JSON in its metadata. Where an average of
/// the weights predicts, those in training are under `live.`
#[derive(Debug)]
pub struct Checkpoint {
    /// Weights and running statistics by name: those that predict.
    pub weights: BTreeMap<String, Tensor>,
    /// Weights and running statistics in training, where an average of them predicts.
    pub live: Option<BTreeMap<String, Tensor>>,
    /// What the optimizer remembers.
    pub optimizer: BTreeMap<String, Tensor>,
    /// Counters and history.
    pub state: TrainState,
    /// What the network was built for.
    pub spec: ModelSpec,
    /// What the training is a function of, as text: a training of another text does not go on from here.
    pub experiment: String,
}

/// Counters and history of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainState {
    /// The epoch to go on with, from 0.
    pub epoch: u32,
    /// Steps of that epoch already done.
    pub step: u32,
    /// Learning rate of the last of them.
    pub learning_rate: f64,
    /// Sum of their losses.
    pub loss_sum: f64,
    /// Seconds that they took.
    pub seconds: f64,
    /// Optimizer steps in all.
    pub n_steps: u64,
    /// The best score so far, that of `checkpoint_best`.
    pub best: Option<f64>,
    /// The epochs that are behind.
    pub history: History,
    /// What each callback remembers.
    pub callbacks: Vec<Option<String>>,
    /// Whether a callback ended the training.
    pub ended_by_callback: bool,
}

const STATE: &str = "state";
const SPEC: &str = "spec";
const EXPERIMENT: &str = "experiment";

impl Checkpoint {
    /// Reads a checkpoint. A file that is cut short or of another kind is an error that names it.
    pub fn load(path: &Path) -> Result<Self> {
        let load = || -> Result<Self> {
            let Weights { tensors, metadata } = Weights::read(path)?;
            let text = |key: &str| metadata.get(key).with_context(|| format!("its metadata lack {key:?}"));
            let state = serde_json::from_str(text(STATE)?)?;
            let spec = serde_json::from_str(text(SPEC)?)?;
            let experiment = text(EXPERIMENT)?.clone();
            let (mut weights, mut live, mut optimizer) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
            for (name, tensor) in tensors {
                match name.split_once('.') {
                    Some(("model", name)) => weights.insert(name.to_owned(), tensor),
                    Some(("live", name)) => live.insert(name.to_owned(), tensor),
                    Some(("optimizer", name)) => optimizer.insert(name.to_owned(), tensor),
                    _ => bail!("found the tensor {name}, expected names under model., live. and optimizer."),
                };
            }
            let live = (!live.is_empty()).then_some(live);
            Ok(Self { weights, live, optimizer, state, spec, experiment })
        };
        load().with_context(|| format!("cannot read the checkpoint {}", path.display()))
    }

    /// Writes the state of a training, whole or not at all.
    pub(crate) fn save(
        path: &Path,
        trainer: &Trainer<'_>,
        state: &TrainState,
        experiment: &str,
    ) -> Result<()> {
        let Weights { tensors, mut metadata } = trainer.model.weights();
        let under = |prefix: &'static str, tensors: BTreeMap<String, Tensor>| {
            tensors.into_iter().map(move |(name, tensor)| (format!("{prefix}.{name}"), tensor))
        };
        let tensors: BTreeMap<_, _> = match &trainer.averaged {
            Some(averaged) => under("model", averaged.tensors()).chain(under("live", tensors)).collect(),
            None => under("model", tensors).collect(),
        };
        let tensors = tensors.into_iter().chain(under("optimizer", trainer.optimizer.state())).collect();
        metadata.extend([
            (STATE.to_owned(), serde_json::to_string(state)?),
            (SPEC.to_owned(), serde_json::to_string(&trainer.model.spec)?),
            (EXPERIMENT.to_owned(), experiment.to_owned()),
        ]);
        Weights { tensors, metadata }.write(path)
    }
}

/// Takes the weights of a checkpoint file into a model. Weights that do not fit are an error with the file, the
/// weight, and the shape expected and found.
pub fn load_weights(model: &mut Model, path: &Path) -> Result<()> {
    let checkpoint = Checkpoint::load(path)?;
    model
        .set_weights(&checkpoint.weights)
        .with_context(|| format!("{} does not fit the network", path.display()))
}
