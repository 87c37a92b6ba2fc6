//! The state of a training on disk.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use mis_models::tch::{Device, Kind, Tensor};
use mis_models::{Model, ModelSpec};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use crate::optimizer::Optimizer;
use crate::{History, tensors};

/// Everything a training needs to go on exactly where it stopped: one safetensors file with the weights under `model.`,
/// the optimizer's memory under `optimizer.` and the rest as JSON in its metadata.
#[derive(Debug)]
pub struct Checkpoint {
    /// Weights and running statistics by name.
    pub weights: BTreeMap<String, Tensor>,
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
}

const STATE: &str = "state";
const SPEC: &str = "spec";
const EXPERIMENT: &str = "experiment";

impl Checkpoint {
    /// Reads a checkpoint. A file that is cut short or of another kind is an error that names it.
    pub fn load(path: &Path) -> Result<Self> {
        let load = || -> Result<Self> {
            let bytes = fs::read(path)?;
            let (_, head) = SafeTensors::read_metadata(&bytes)?;
            let metadata = head.metadata().as_ref().context("it has no metadata")?;
            let text = |key: &str| metadata.get(key).with_context(|| format!("its metadata lack {key:?}"));
            let state = serde_json::from_str(text(STATE)?)?;
            let spec = serde_json::from_str(text(SPEC)?)?;
            let experiment = text(EXPERIMENT)?.clone();
            let (mut weights, mut optimizer) = (BTreeMap::new(), BTreeMap::new());
            for (name, view) in SafeTensors::deserialize(&bytes)?.tensors() {
                let tensor = to_tensor(&view).with_context(|| name.clone())?;
                match name.split_once('.') {
                    Some(("model", name)) => weights.insert(name.to_owned(), tensor),
                    Some(("optimizer", name)) => optimizer.insert(name.to_owned(), tensor),
                    _ => bail!("found the tensor {name}, expected names under model. and optimizer."),
                };
            }
            Ok(Self { weights, optimizer, state, spec, experiment })
        };
        load().with_context(|| format!("cannot read the checkpoint {}", path.display()))
    }

    /// Writes the state of a training, whole or not at all.
    pub(crate) fn save(
        path: &Path,
        model: &Model,
        optimizer: &Optimizer,
        state: &TrainState,
        experiment: &str,
    ) -> Result<()> {
        let mut data = Vec::new();
        for (prefix, tensors) in [("model", model.variables()), ("optimizer", optimizer.state())] {
            for (name, tensor) in tensors {
                ensure!(
                    tensor.kind() == Kind::Float,
                    "{name} must be f32 to be saved, is {:?}",
                    tensor.kind()
                );
                let bytes: Vec<u8> = tensors::values(&tensor)?.iter().flat_map(|v| v.to_le_bytes()).collect();
                let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
                data.push((format!("{prefix}.{name}"), shape, bytes));
            }
        }
        let views = data.iter().map(|(name, shape, bytes)| {
            Ok((name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes)?))
        });
        let views: Vec<_> = views.collect::<Result<_>>()?;
        let metadata = HashMap::from([
            (STATE.to_owned(), serde_json::to_string(state)?),
            (SPEC.to_owned(), serde_json::to_string(&model.spec)?),
            (EXPERIMENT.to_owned(), experiment.to_owned()),
        ]);
        let bytes = safetensors::serialize(views, Some(metadata))?;
        mis_core::write_atomically(path, |file| Ok(file.write_all(&bytes)?))
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

fn to_tensor(view: &TensorView<'_>) -> Result<Tensor> {
    ensure!(view.dtype() == Dtype::F32, "expected f32, found {:?}", view.dtype());
    let values: Vec<f32> =
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
    Ok(Tensor::f_from_slice(&values)?.f_reshape(shape)?.to_device(Device::Cpu))
}
