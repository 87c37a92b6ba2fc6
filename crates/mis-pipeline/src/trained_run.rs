//! What came of a run, to predict with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{LabelMap, Sample, Volume};
use mis_models::Model;
use mis_preproc::{apply_all, invert_all};
use mis_train::{CHECKPOINT_BEST, CHECKPOINT_LAST, Checkpoint, DeviceChoice, predict};

use crate::predicted_labels::predicted_labels;
use crate::{Experiment, RunFolder, WeightsChoice};

/// The networks of a run with the experiment that they belong to. Several folds are an ensemble.
#[derive(Debug)]
pub struct TrainedRun {
    /// The experiment.
    pub experiment: Experiment,
    /// One network per training.
    pub models: Vec<Model>,
}

impl TrainedRun {
    /// Loads all trainings of a run folder.
    pub fn open(path: &Path, device: DeviceChoice) -> Result<Self> {
        let folder = RunFolder::open(path)?;
        Self::load(folder.experiment()?, &folder, device)
    }

    /// Loads all trainings of a run folder for an experiment that has no file, because parts of it are the user's own.
    pub fn load(experiment: Experiment, folder: &RunFolder, device: DeviceChoice) -> Result<Self> {
        let device = device.resolve()?;
        let mut models = Vec::new();
        for training in folder.trainings()? {
            let file = weights_file(&training, experiment.predict.weights)?;
            let checkpoint = Checkpoint::load(&file)?;
            let mut model = Model::build(&experiment.model, checkpoint.spec, device, experiment.seed)?;
            let fits = model.set_weights(&checkpoint.weights);
            fits.with_context(|| format!("{} does not fit the experiment's network", file.display()))?;
            models.push(model);
        }
        if models.is_empty() {
            bail!(
                "expected trainings in {}, found no {CHECKPOINT_LAST} in its folders",
                folder.path().display()
            );
        }
        Ok(Self { experiment, models })
    }

    /// Class probabilities on the scan's own lattice: the mean over the run's networks.
    pub fn probabilities(&self, scan: &Volume) -> Result<Volume> {
        let steps = &self.experiment.preprocess;
        let sample = Sample { id: "scan".into(), image: scan.clone(), labels: None };
        let (prepared, lattices) = apply_all(steps, sample)?;
        let window = self.experiment.window();
        let mut models = self.models.iter();
        let first = models.next().context("a run without a network cannot predict")?;
        let mut mean = predict(first, &prepared.image, &window)?;
        for model in models {
            add(&mut mean, &predict(model, &prepared.image, &window)?)?;
        }
        divide(&mut mean, self.models.len());
        invert_all(steps, mean, &lattices)
    }
}

/// The most probable classes on the scan's own lattice: of the mean over runs of their probabilities.
pub fn label_map(runs: &[TrainedRun], scan: &Volume) -> Result<LabelMap> {
    let probabilities = ensemble(runs, scan)?; // of one run or more
    Ok(predicted_labels(&runs[0].experiment.loss, &probabilities))
}

/// Class probabilities on the scan's own lattice: the mean over runs.
pub fn ensemble(runs: &[TrainedRun], scan: &Volume) -> Result<Volume> {
    let mut rest = runs.iter();
    let first = rest.next().context("an ensemble needs at least one run")?;
    let mut mean = first.probabilities(scan)?;
    for run in rest {
        add(&mut mean, &run.probabilities(scan)?)?;
    }
    divide(&mut mean, runs.len());
    Ok(mean)
}

fn add(sum: &mut Volume, other: &Volume) -> Result<()> {
    ensure!(
        sum.n_channels() == other.n_channels(),
        "expected runs of the same classes, found {} and {}",
        sum.n_channels(),
        other.n_channels()
    );
    sum.as_slice_mut().iter_mut().zip(other.as_slice()).for_each(|(sum, value)| *sum += value);
    Ok(())
}

fn divide(sum: &mut Volume, n: usize) {
    if n > 1 {
        sum.as_slice_mut().iter_mut().for_each(|value| *value /= n as f32);
    }
}

/// The weights of a training that predict.
pub(crate) fn weights_file(training: &Path, choice: WeightsChoice) -> Result<PathBuf> {
    let name = match choice {
        WeightsChoice::Last => CHECKPOINT_LAST,
        WeightsChoice::Best => CHECKPOINT_BEST,
    };
    let path = training.join(name);
    ensure!(path.exists(), "expected {}, found none: was the training ever validated?", path.display());
    Ok(path)
}
