//! What came of a run, to predict with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::ndarray::{Array4, Axis, concatenate, s};
use mis_core::{Geometry, LabelMap, Sample, Volume};
use mis_models::{Loss as _, Model};
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
        let (mean, lattices) = self.prepared_probabilities(scan)?;
        let steps = &self.experiment.preprocess;
        if self.experiment.loss.regions().is_none() {
            return invert_all(steps, mean, &lattices);
        }
        // What was cropped away is background for certain, which of regions is none: it goes along in front of them.
        let none = Array4::zeros((1, mean.shape()[0], mean.shape()[1], mean.shape()[2]));
        let with_none = Volume::new(concatenate(Axis(0), &[none.view(), mean.data()])?, mean.affine())?;
        let back = invert_all(steps, with_none, &lattices)?;
        Volume::new(back.data().slice(s![1.., .., .., ..]).to_owned(), back.affine())
    }

    /// The most probable classes on the scan's own lattice: those of [`probabilities`](Self::probabilities), which are
    /// not held whole unless they are of regions.
    pub fn label_map(&self, scan: &Volume) -> Result<LabelMap> {
        if self.experiment.loss.regions().is_some() {
            return Ok(predicted_labels(&self.experiment.loss, &self.probabilities(scan)?));
        }
        let (mean, lattices) = self.prepared_probabilities(scan)?;
        mis_preproc::label_map(&self.experiment.preprocess, mean, &lattices, EXPORT_MEMORY)
    }

    /// Class probabilities on the lattice that the networks see, and the lattice before each step that leads to it.
    fn prepared_probabilities(&self, scan: &Volume) -> Result<(Volume, Vec<Geometry>)> {
        let sample = Sample { id: "scan".into(), image: scan.clone(), labels: None };
        let (prepared, lattices) = apply_all(&self.experiment.preprocess, sample)?;
        let window = self.experiment.window();
        let mut models = self.models.iter();
        let first = models.next().context("a run without a network cannot predict")?;
        let views = self.experiment.predict.mirror;
        let predict = |model| views.mean(&prepared.image, |view| predict(model, view, &window));
        let mut mean = predict(first)?;
        for model in models {
            add(&mut mean, &predict(model)?)?;
        }
        divide(&mut mean, self.models.len());
        Ok((mean, lattices))
    }
}

/// What a label map on the scan's lattice may take in bytes while it is made, beside itself and the probabilities that
/// it is made from.
const EXPORT_MEMORY: usize = 256 << 20;

/// The most probable classes on the scan's own lattice: of the mean over runs of their probabilities.
pub fn label_map(runs: &[TrainedRun], scan: &Volume) -> Result<LabelMap> {
    match runs {
        [run] => run.label_map(scan),
        _ => {
            let probabilities = ensemble(runs, scan)?; // of two runs or more
            Ok(predicted_labels(&runs[0].experiment.loss, &probabilities))
        }
    }
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
