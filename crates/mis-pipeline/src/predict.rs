//! Prediction of scans from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressIterator as _, ProgressStyle};
use mis_core::{DataSource, PredictionSink as _, SampleId};
use mis_io::{NiftiFolder, ScanFiles, nifti};
use mis_train::{DeviceChoice, StopSignal};

use crate::predicted_labels::predicted_labels;
use crate::{TrainedRun, ensemble, label_map};

/// What to predict, with what, and where to.
#[derive(Clone, Copy, Debug)]
pub struct PredictionJob<'a> {
    /// Folders of runs; several are an ensemble.
    pub runs: &'a [PathBuf],
    /// A scan or a folder of scans.
    pub input: &'a Path,
    /// Folder for the label maps.
    pub out: &'a Path,
    /// Whether class probabilities are written too.
    pub probabilities: bool,
    /// Where to compute.
    pub device: DeviceChoice,
    /// The wish to stop, looked at after each scan.
    pub stop: &'a StopSignal,
}

/// Predicts scans, each on its own lattice with its own header carried on; gives the files of the label maps. The
/// headers of all scans are read before the first is predicted.
pub fn predict(job: &PredictionJob<'_>) -> Result<Vec<PathBuf>> {
    let scans: Arc<dyn DataSource> = Arc::new(ScanFiles::find(&[job.input.to_owned()])?);
    let ids = scans.ids()?;
    for id in &ids {
        scans.geometry(id).with_context(|| id.to_string())?;
    }
    let open = |path: &PathBuf| {
        TrainedRun::open(path, job.device).with_context(|| format!("cannot predict with {}", path.display()))
    };
    let runs: Vec<TrainedRun> = job.runs.iter().map(open).collect::<Result<_>>()?;
    let sink = NiftiFolder { folder: job.out.to_owned(), scans: scans.clone() };
    let style = ProgressStyle::with_template("predicting {pos}/{len} {bar:30} {elapsed} gone, {eta} left")?;
    let mut written = Vec::with_capacity(ids.len());
    for id in ids.iter().progress_with(ProgressBar::new(ids.len() as u64).with_style(style)) {
        if job.stop.is_raised() {
            bail!("interrupted; {} of {} scans are predicted", written.len(), ids.len());
        }
        predict_one(job, &runs, &sink, id).with_context(|| id.to_string())?;
        written.push(job.out.join(format!("{id}.nii.gz")));
    }
    Ok(written)
}

fn predict_one(
    job: &PredictionJob<'_>,
    runs: &[TrainedRun],
    sink: &NiftiFolder,
    id: &SampleId,
) -> Result<()> {
    let scan = sink.scans.load_image(id)?;
    if !job.probabilities {
        return sink.write(id, &label_map(runs, &scan)?);
    }
    let probabilities = ensemble(runs, &scan)?;
    sink.write(id, &predicted_labels(&runs[0].experiment.loss, &probabilities))?;
    let files = sink.scans.files(id)?;
    let template = files.images.first().filter(|path| nifti::is_nifti(path));
    let header = template.map(|path| nifti::read_header(path)).transpose()?;
    nifti::write_volume(&job.out.join(format!("{id}_probabilities.nii.gz")), &probabilities, header.as_ref())
}
