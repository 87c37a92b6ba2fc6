//! What came of a run, to predict with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::ndarray::Axis;
use mis_core::{Geometry, LabelMap, Sample, Volume};
use mis_models::{Loss as _, Model};
use mis_preproc::{GrowingLabels, apply_all};
use mis_train::{CHECKPOINT_BEST, CHECKPOINT_LAST, Checkpoint, DeviceChoice, predict_mean, predict_planes};
use tracing::info;

use super::answers::{Answer, Answers, EXPORT_MEMORY};
use super::chosen_postprocess::ChosenPostprocess;
use crate::run::check_same_steps;
use crate::{Combine, Experiment, RunFolder, WeightsChoice};

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
    /// Networks that were trained on scans prepared by other steps than the experiment's are refused.
    pub fn load(mut experiment: Experiment, folder: &RunFolder, device: DeviceChoice) -> Result<Self> {
        let device = device.resolve()?;
        if let Some(chosen) = ChosenPostprocess::read(folder.path())? {
            experiment.predict.postprocess.extend(chosen.steps);
        }
        let mut models = Vec::new();
        for training in folder.trainings()? {
            let file = weights_file(&training, experiment.predict.weights)?;
            let checkpoint = Checkpoint::load(&file)?;
            check_same_steps(&file, &checkpoint.experiment, &experiment.preprocess)?;
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

    /// The most probable classes on the scan's own lattice, after the experiment's post-processing.
    pub fn label_map(&self, scan: Volume) -> Result<LabelMap> {
        label_map(std::slice::from_ref(self), scan, &Combine::Mean)
    }

    /// Class probabilities on the scan's own lattice: the mean over the run's networks.
    pub fn probabilities(&self, scan: Volume) -> Result<Volume> {
        Ok(probabilities(std::slice::from_ref(self), scan, &Combine::Mean)?.0)
    }

    /// What the run's networks say of a scan that its steps have prepared. Each is a voice of its own unless their mean is
    /// asked for.
    pub(crate) fn answers(&self, ready: Ready, combine: &Combine) -> Result<Vec<Answer<'_>>> {
        let window = self.experiment.window();
        let models: Vec<&Model> = self.models.iter().collect();
        let voices = match combine {
            Combine::Mean => vec![models.as_slice()],
            _ => models.chunks(1).collect(),
        };
        let mut answers = Vec::with_capacity(voices.len());
        for models in voices {
            let probabilities = predict_mean(models, &ready.image, &window)?;
            let lattices = ready.lattices.clone();
            answers.push(Answer { steps: &self.experiment.preprocess, probabilities, lattices });
        }
        Ok(answers)
    }

    /// The labels that the run's networks give a scan together, decided plane by plane while they predict; none where
    /// that needs all probabilities at once. Beside the scan and its labels this takes the memory of one patch's planes.
    fn labels_at_once(&self, ready: &Ready) -> Result<Option<LabelMap>> {
        let (steps, after) = (&self.experiment.preprocess, ready.image.geometry());
        let n_classes = self.models[0].spec.n_classes;
        let labels = GrowingLabels::new(steps, &after, n_classes, &ready.lattices, EXPORT_MEMORY)?;
        let Some(mut labels) = labels else { return Ok(None) };
        let models: Vec<&Model> = self.models.iter().collect();
        predict_planes(&models, &ready.image, &self.experiment.window(), &mut |planes| {
            labels.take(planes.first, planes.values);
            labels.reads_from().min(planes.first + planes.values.len_of(Axis(1)))
        })?;
        labels.finish().map(Some)
    }
}

/// A scan as a run's networks are shown it.
#[derive(Debug)]
pub(crate) struct Ready {
    image: Volume,
    /// The lattice before each step that led to it.
    lattices: Vec<Geometry>,
}

impl Ready {
    fn of(experiment: &Experiment, scan: Volume) -> Result<Self> {
        let sample = Sample { id: "scan".into(), image: scan, labels: None };
        let (prepared, lattices) = apply_all(&experiment.preprocess, sample)?;
        info!("prepared");
        Ok(Self { image: prepared.image, lattices })
    }

    /// The scan as the networks of each experiment are shown it.
    pub(crate) fn each(experiments: &[&Experiment], scan: Volume) -> Result<Vec<Self>> {
        let mut ready = Vec::with_capacity(experiments.len());
        given_to(experiments, scan, |experiment, scan| {
            ready.push(Self::of(experiment, scan)?);
            Ok(())
        })?;
        Ok(ready)
    }
}

/// Gives each a scan of its own to use up, the last one the scan itself.
fn given_to<T>(each: &[T], scan: Volume, mut give: impl FnMut(&T, Volume) -> Result<()>) -> Result<()> {
    let Some((last, others)) = each.split_last() else { return Ok(()) };
    for one in others {
        give(one, scan.clone())?;
    }
    give(last, scan)
}

/// The labels that runs give a scan together, on its own lattice and after the first run's post-processing.
///
/// Beside the label map this takes the memory of each run's probabilities on the lattice that its networks see; for one
/// run of exclusive classes, whose networks' mean is asked for, that of a few planes.
pub fn label_map(runs: &[TrainedRun], scan: Volume, combine: &Combine) -> Result<LabelMap> {
    let labels = match runs {
        [run] if decides_at_once(runs, combine)? => {
            let ready = Ready::of(&run.experiment, scan)?;
            match run.labels_at_once(&ready)? {
                Some(labels) => labels,
                None => answers_of(runs, vec![ready], combine)?.label_map()?,
            }
        }
        _ => answers(runs, scan, combine)?.label_map()?,
    };
    Ok(runs[0].experiment.predict.postprocessed(labels))
}

/// Whether labels can be decided plane by plane while one voice of exclusive classes predicts.
pub(crate) fn decides_at_once(runs: &[TrainedRun], combine: &Combine) -> Result<bool> {
    let one_voice = matches!(combine, Combine::Mean) || runs[0].models.len() == 1;
    Ok(same_regions(runs)?.is_none() && runs.len() == 1 && one_voice)
}

/// The probabilities that runs give a scan together, on its own lattice, and the labels after the first run's
/// post-processing.
pub fn probabilities(runs: &[TrainedRun], scan: Volume, combine: &Combine) -> Result<(Volume, LabelMap)> {
    let (probabilities, labels) = answers(runs, scan, combine)?.probabilities()?;
    Ok((probabilities, runs[0].experiment.predict.postprocessed(labels)))
}

/// What runs say of a scan, which is prepared for one after the other.
pub(crate) fn answers<'a>(runs: &'a [TrainedRun], scan: Volume, combine: &'a Combine) -> Result<Answers<'a>> {
    let mut answers = Answers { each: Vec::new(), combine, regions: same_regions(runs)? };
    let all: Vec<&'a TrainedRun> = runs.iter().collect();
    given_to(&all, scan, |run, scan| {
        answers.each.extend(run.answers(Ready::of(&run.experiment, scan)?, combine)?);
        Ok(())
    })?;
    Ok(answers)
}

/// What runs say of a scan that is prepared for each of them.
pub(crate) fn answers_of<'a>(
    runs: &'a [TrainedRun],
    ready: Vec<Ready>,
    combine: &'a Combine,
) -> Result<Answers<'a>> {
    let mut answers = Answers { each: Vec::new(), combine, regions: same_regions(runs)? };
    for (run, ready) in runs.iter().zip(ready) {
        answers.each.extend(run.answers(ready, combine)?);
    }
    Ok(answers)
}

/// What the channels of the runs stand for; runs that differ in it cannot be an ensemble.
pub(crate) fn same_regions(runs: &[TrainedRun]) -> Result<Option<&[Vec<u8>]>> {
    let first = runs.first().context("an ensemble needs at least one run")?;
    let of = |run: &TrainedRun| run.models[0].spec.n_classes;
    for other in &runs[1..] {
        let (ours, theirs) = (&first.experiment, &other.experiment);
        ensure!(
            of(first) == of(other)
                && ours.loss.regions() == theirs.loss.regions()
                && (ours.classes.is_none() || theirs.classes.is_none() || ours.classes == theirs.classes),
            "expected runs of the same classes, found {} of {} and {} of {}",
            of(first),
            names(ours),
            of(other),
            names(theirs)
        );
    }
    Ok(first.experiment.loss.regions())
}

fn names(experiment: &Experiment) -> String {
    experiment.class_table().map_or_else(|_| "its data".to_owned(), |classes| classes.names().join(", "))
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

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::ndarray::Array4;
    use mis_core::{Affine, sample_rng};
    use mis_io::InMemory;
    use mis_models::tch::Device;
    use mis_models::{Dims, ModelSpec, UNet};
    use mis_patch::PatchGrid;
    use mis_preproc::{Pad, Reorient, Resample, Step};
    use rand::Rng as _;

    #[test]
    fn labels_decided_plane_by_plane_are_those_of_the_whole_probabilities() {
        let rng = &mut sample_rng(6, 0, 0);
        let data = Array4::from_shape_simple_fn((1, 40, 13, 15), || rng.random_range(-1.0_f32..1.0));
        let scan = Volume::new(data, Affine::from_spacing([1.0, 2.0, 1.5])).unwrap();
        let turned = Step::from(Reorient { to: "SAL".parse().unwrap() });
        let resampled = Step::from(Resample::to([1.7, 1.6, 1.1]));
        for steps in
            [vec![], vec![resampled.clone(), Pad::divisible_by([8; 3]).into()], vec![turned, resampled]]
        {
            let unet = UNet { depth: 2, base_channels: 4, ..UNet::default() };
            let grid = PatchGrid { patch_size: [8; 3], overlap: [4; 3] };
            let no_cases = InMemory::default();
            let mut experiment = Experiment::on(no_cases).patches(grid).model(unet.clone());
            for step in steps {
                experiment = experiment.preprocess(step);
            }
            let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
            let models = (1..3).map(|seed| Model::build(&unet, spec, Device::Cpu, seed).unwrap()).collect();
            let run = TrainedRun { experiment: experiment.build().unwrap(), models };
            let runs = std::slice::from_ref(&run);
            assert!(decides_at_once(runs, &Combine::Mean).unwrap());
            assert!(!decides_at_once(runs, &Combine::Median).unwrap());
            let (_, expected) = probabilities(runs, scan.clone(), &Combine::Mean).unwrap();
            assert!((0..3).all(|class| expected.as_slice().contains(&class)), "an easy task tests little");
            assert_eq!(run.label_map(scan.clone()).unwrap(), expected);
        }
    }
}
