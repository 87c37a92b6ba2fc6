//! Prediction of scans from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use anyhow::{Context as _, Result, anyhow, bail};
use mis_core::{DataSource, SampleId, Volume};
use mis_io::ScanFiles;
use mis_models::ModelSpec;
use mis_train::{DeviceChoice, Ranks, StopSignal};
use tracing::info;

use super::answers::Answers;
use super::predictions::Predictions;
use super::trained_run::{Ready, answers, answers_of, label_map, same_regions};
use crate::forecast::check_memory;
use crate::progress::Progress;
use crate::{Combine, Experiment, TrainedRun};

/// What to predict, with what, and where to.
#[derive(Clone, Copy, Debug)]
pub struct PredictionJob<'a> {
    /// Folders of runs; several are an ensemble.
    pub runs: &'a [PathBuf],
    /// A scan or a folder of scans.
    pub input: &'a Path,
    /// Folder for the label maps.
    pub out: &'a Path,
    /// How several networks become one answer.
    pub combine: &'a Combine,
    /// Whether class probabilities are written too.
    pub probabilities: bool,
    /// Whether scans that the folder has a prediction of are passed over; those of other networks are refused.
    pub resume: bool,
    /// Bytes of memory that the prediction may take; none for what the machine has available.
    pub memory: Option<u64>,
    /// Where to compute.
    pub device: DeviceChoice,
    /// The wish to stop, looked at after each scan.
    pub stop: &'a StopSignal,
    /// The processes that share the scans.
    pub ranks: &'a dyn Ranks,
}

/// Predicts scans, each on its own lattice with its own header carried on; gives the files of the label maps. The
/// headers of all scans are read before the first is predicted.
///
/// While one scan is predicted the next is read and prepared and the one before written, unless scans are so large that
/// three at a time might not fit into memory.
pub fn predict(job: &PredictionJob<'_>) -> Result<Vec<PathBuf>> {
    let scans: Arc<dyn DataSource> = Arc::new(ScanFiles::find(&[job.input.to_owned()])?);
    let ids = scans.ids()?;
    let n_voxels = largest(scans.as_ref(), &ids)?;
    let device = job.device.of_rank(job.ranks.local_rank());
    let open = |path: &PathBuf| {
        TrainedRun::open(path, device).with_context(|| format!("cannot predict with {}", path.display()))
    };
    let runs: Vec<TrainedRun> = job.runs.iter().map(open).collect::<Result<_>>()?;
    same_regions(&runs)?;
    check_memory(job, &runs, scans.as_ref())?;
    info!("networks loaded");
    let predictions = Predictions::open(job, &runs, scans.clone())?;
    let own = (0..).zip(&ids).filter(|&(number, _)| job.ranks.does(number)).map(|(_, id)| id);
    let todo: Vec<&SampleId> = own.filter(|id| !predictions.has(id)).collect();

    let n_own = ids.len().div_ceil(job.ranks.n());
    let progress = Progress::over(n_own, "predicting").begin_at(n_own.saturating_sub(todo.len()));
    let config = &runs[0].experiment.predict;
    let write = |id: &SampleId, answers: Answers<'_>| {
        predictions.write(id, answers, config)?;
        progress.step(&id.0);
        Ok(())
    };
    let one_at_a_time = |id: &SampleId| {
        let scan = read(scans.as_ref(), id)?;
        if job.probabilities {
            return write(id, answers(&runs, scan, job.combine)?);
        }
        predictions.write_labels(id, &label_map(&runs, scan, job.combine)?)?;
        progress.step(&id.0);
        Ok(())
    };
    if overlaps(todo.len(), n_voxels, runs[0].models[0].spec, runs.len()) {
        overlapping(job, &runs, scans.as_ref(), &todo, write)?;
    } else {
        for &id in &todo {
            stop_here(job)?;
            one_at_a_time(id).with_context(|| id.to_string())?;
        }
    }
    job.ranks.wait();
    Ok(ids.iter().map(|id| predictions.file(id)).collect())
}

/// Voxels of the largest scan.
pub(crate) fn largest(scans: &dyn DataSource, ids: &[SampleId]) -> Result<usize> {
    let mut n_voxels = 0;
    for id in ids {
        n_voxels = n_voxels.max(scans.geometry(id).with_context(|| id.to_string())?.n_voxels());
    }
    Ok(n_voxels)
}

/// Up to this many bytes of scans and probabilities at once, scans are read, predicted and written at the same time.
const OVERLAP_MEMORY: usize = 4 << 30;

/// Whether scans of so many voxels are read, predicted and written at the same time.
pub(crate) fn overlaps(n_scans: usize, n_voxels: usize, spec: ModelSpec, n_runs: usize) -> bool {
    n_scans > 1
        && 3 * size_of::<f32>() * n_voxels * (spec.n_channels + spec.n_classes) * n_runs <= OVERLAP_MEMORY
}

/// A thread reads and prepares scans, this one predicts, and a third writes; each waits for the next to take its scan.
fn overlapping(
    job: &PredictionJob<'_>,
    runs: &[TrainedRun],
    scans: &dyn DataSource,
    todo: &[&SampleId],
    write: impl Fn(&SampleId, Answers<'_>) -> Result<()> + Send,
) -> Result<()> {
    let experiments: Vec<&Experiment> = runs.iter().map(|run| &run.experiment).collect();
    std::thread::scope(|scope| {
        let (ready, next) = sync_channel(0);
        scope.spawn(move || {
            for &id in todo {
                let scan = read(scans, id).and_then(|scan| Ready::each(&experiments, scan));
                let failed = scan.is_err();
                if ready.send(scan).is_err() || failed {
                    return;
                }
            }
        });
        let (answered, to_write) = sync_channel::<(&SampleId, Answers<'_>)>(0);
        let writer = scope.spawn(move || {
            to_write
                .into_iter()
                .try_for_each(|(id, answers)| write(id, answers).with_context(|| id.to_string()))
        });
        let predict = || -> Result<()> {
            for &id in todo {
                stop_here(job)?;
                let answers = || {
                    let ready = next.recv().context("the thread that reads scans has ended")??;
                    answers_of(runs, ready, job.combine)
                };
                let answers = answers().with_context(|| id.to_string())?;
                if answered.send((id, answers)).is_err() {
                    break; // the writer has failed, and says why
                }
            }
            Ok(())
        };
        let predicted = predict();
        drop((next, answered)); // both threads see that there is nothing more
        let written =
            writer.join().unwrap_or_else(|_| Err(anyhow!("the thread that writes predictions panicked")));
        written.and(predicted)
    })
}

fn read(scans: &dyn DataSource, id: &SampleId) -> Result<Volume> {
    let scan = scans.load_image(id)?;
    info!(case = id.0, "read");
    Ok(scan)
}

fn stop_here(job: &PredictionJob<'_>) -> Result<()> {
    if job.stop.is_raised() {
        let out = job.out.display();
        bail!("interrupted; {out} holds the scans that are predicted: --resume goes on from there");
    }
    Ok(())
}
