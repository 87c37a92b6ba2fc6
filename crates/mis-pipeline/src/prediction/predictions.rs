//! A folder of predictions.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use mis_core::{DataSource, LabelMap, PredictionSink as _, SampleId, write_atomically};
use mis_io::{NiftiFolder, nifti};
use mis_train::check_same_experiment;

use super::answers::Answers;
use super::trained_run::weights_file;
use crate::run::file_sha256;
use crate::{Experiment, PredictConfig, PredictionJob, RunFolder, TrainedRun};

/// Where predictions go: `<id>.nii.gz` each, with `<id>_probabilities.nii.gz` on request, and `predicted_by.txt`, which
/// tells by what they were made.
#[derive(Debug)]
pub(crate) struct Predictions {
    sink: NiftiFolder,
    probabilities: bool,
    resume: bool,
}

const BY: &str = "predicted_by.txt";

impl Predictions {
    /// Opens the folder of a job. To go on with one it must be of the same networks and settings.
    pub(crate) fn open(
        job: &PredictionJob<'_>,
        runs: &[TrainedRun],
        scans: Arc<dyn DataSource>,
    ) -> Result<Self> {
        let predictions = Self {
            sink: NiftiFolder { folder: job.out.to_owned(), scans },
            probabilities: job.probabilities,
            resume: job.resume,
        };
        let by = by(job, runs)?;
        let known = job.out.join(BY);
        if job.resume && job.out.exists() {
            let theirs = std::fs::read_to_string(&known).with_context(|| {
                format!("cannot go on with {}: cannot read {BY} in it", job.out.display())
            })?;
            check_same_experiment(&known, &theirs, &by)?;
        }
        job.ranks.wait(); // until all have found the folder as it was
        write_atomically(&known, |file| Ok(file.write_all(by.as_bytes())?))?;
        Ok(predictions)
    }

    pub(crate) fn file(&self, id: &SampleId) -> PathBuf {
        self.sink.folder.join(format!("{id}.nii.gz"))
    }

    fn probabilities_file(&self, id: &SampleId) -> PathBuf {
        self.sink.folder.join(format!("{id}_probabilities.nii.gz"))
    }

    /// Whether a scan was predicted before the stop. The label map is written last.
    pub(crate) fn has(&self, id: &SampleId) -> bool {
        let needed = !self.probabilities || self.probabilities_file(id).exists();
        self.resume && needed && self.file(id).exists()
    }

    /// Writes a scan's label map.
    pub(crate) fn write_labels(&self, id: &SampleId, labels: &LabelMap) -> Result<()> {
        self.sink.write(id, labels)
    }

    /// Decides on a scan's labels and writes them, and on request the probabilities.
    pub(crate) fn write(&self, id: &SampleId, answers: Answers<'_>, config: &PredictConfig) -> Result<()> {
        if !self.probabilities {
            return self.write_labels(id, &config.postprocessed(answers.label_map()?));
        }
        let (probabilities, labels) = answers.probabilities()?;
        let files = self.sink.scans.files(id)?;
        let template = files.images.first().filter(|path| nifti::is_nifti(path));
        let header = template.map(|path| nifti::read_header(path)).transpose()?;
        nifti::write_volume(&self.probabilities_file(id), &probabilities, header.as_ref())?;
        drop(probabilities);
        self.write_labels(id, &config.postprocessed(labels))
    }
}

/// What the predictions are a function of, beside the scans, a line each.
fn by(job: &PredictionJob<'_>, runs: &[TrainedRun]) -> Result<String> {
    let mut by = format!("combine = {:?}\n", job.combine);
    for (path, run) in job.runs.iter().zip(runs) {
        let Experiment { predict, preprocess, patches, .. } = &run.experiment;
        for training in RunFolder::open(path)?.trainings()? {
            by += &format!("checkpoint {}\n", file_sha256(&weights_file(&training, predict.weights)?)?);
        }
        by += &format!("preprocess = {preprocess:?}\npatches = {patches:?}\npredict = {predict:?}\n");
    }
    Ok(by)
}
