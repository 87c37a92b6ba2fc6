//! What a prediction will read and take.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use mis_core::{DataSource, Orientation, Reorientation};
use mis_io::ScanFiles;
use mis_models::tch::Device;

use super::bytes::Bytes;
use super::case_shapes::{CaseShape, case_shapes, sides, write_table};
use super::machine;
use super::network_cost::NetworkCost;
use crate::prediction::{EXPORT_MEMORY, decides_at_once, largest, overlaps, same_regions};
use crate::{Combine, PredictionJob, TrainedRun};

/// What a prediction will read and take; its text is for people.
#[derive(Clone, Debug)]
pub struct PredictionForecast {
    cases: Vec<CaseShape>,
    n_channels: usize,
    /// Of each run its networks, their weights together, its patch and how often the networks are shown patches.
    runs: Vec<RunForecast>,
    memory: Option<u64>,
    disk: u64,
}

#[derive(Clone, Debug)]
struct RunForecast {
    name: String,
    n_networks: usize,
    n_parameters: usize,
    patch_size: [usize; 3],
    batch_size: usize,
    n_patches: usize,
}

/// Says what a prediction will read and take, without predicting or writing anything: headers of scans and the networks
/// are read.
pub fn forecast_prediction(job: &PredictionJob<'_>) -> Result<PredictionForecast> {
    let scans: Arc<dyn DataSource> = Arc::new(ScanFiles::find(&[job.input.to_owned()])?);
    let open = |path: &PathBuf| {
        TrainedRun::open(path, job.device).with_context(|| format!("cannot predict with {}", path.display()))
    };
    let runs: Vec<TrainedRun> = job.runs.iter().map(open).collect::<Result<_>>()?;
    same_regions(&runs)?;
    PredictionForecast::of(job, &runs, scans.as_ref())
}

/// Refuses a prediction that does not fit into the job's limit, or without it into what is available; the processes on
/// this machine share either.
pub(crate) fn check_memory(
    job: &PredictionJob<'_>,
    runs: &[TrainedRun],
    scans: &dyn DataSource,
) -> Result<()> {
    let forecast = PredictionForecast::of(job, runs, scans)?;
    let n_processes = job.ranks.n_local();
    let limit = job.memory.or_else(machine::available).map(|all| all / n_processes as u64);
    if let (Some(needed), Some(limit)) = (forecast.memory, limit)
        && needed > limit
    {
        bail!(
            "{} up to {} of memory and may take {}: predict with fewer runs at a time, or on a machine with more; --memory \
             takes another limit, in GiB",
            machine::who("the prediction", n_processes),
            Bytes(needed),
            Bytes(limit)
        );
    }
    Ok(())
}

impl PredictionForecast {
    fn of(job: &PredictionJob<'_>, runs: &[TrainedRun], scans: &dyn DataSource) -> Result<Self> {
        let ids = scans.ids()?;
        let spec = runs.first().context("an ensemble needs at least one run")?.models[0].spec;
        let overlap = overlaps(ids.len(), largest(scans, &ids)?, spec, runs.len());
        let plane_by_plane = !overlap && !job.probabilities && decides_at_once(runs, job.combine)?;
        let (mut all, mut at_once) = (Vec::new(), Vec::new());
        let mut cases = Vec::new();
        for (path, run) in job.runs.iter().zip(runs) {
            let window = run.experiment.window();
            cases = case_shapes(scans, &ids, &run.experiment.preprocess)?;
            let n_views = 1_usize << run.experiment.predict.mirror.axes.iter().filter(|&&on| on).count();
            let n_patches =
                |case: &CaseShape| window.grid.plan(case.prepared.shape, window.placement).n_patches();
            all.push(RunForecast {
                name: path.display().to_string(),
                n_networks: run.models.len(),
                n_parameters: run.models.iter().map(mis_models::Model::n_parameters).sum(),
                patch_size: window.grid.patch_size,
                batch_size: window.batch_size,
                n_patches: n_views * cases.iter().map(n_patches).sum::<usize>(),
            });
            // The scan on the networks' lattice and on the way there, and the merged probabilities of each voice.
            let n_voices = if matches!(job.combine, Combine::Mean) { 1 } else { run.models.len() };
            let prepared = |case: &CaseShape| {
                let copies = if case.prepared == case.scan { 1 } else { 2 + 2 * spec.n_channels };
                let [n_i, n_j, n_k] = case.prepared.shape;
                let turn = Reorientation::between(
                    Orientation::of(&case.scan.affine),
                    Orientation::of(&case.prepared.affine),
                );
                // Planes of the scan are made from few of the networks' lattice where both are cut along the same axis.
                let few = plane_by_plane && turn.from[0] == 0;
                let n_planes = if few { n_i.min(2 * window.grid.patch_size[0]) } else { n_i };
                4 * n_j * n_k * (n_i * copies + n_planes * n_voices * spec.n_classes)
            };
            at_once.push(cases.iter().map(prepared).collect::<Vec<_>>());
        }
        let n_classes = spec.n_classes;
        let of_case = |place: usize, case: &CaseShape| {
            let n_voxels = case.scan.n_voxels();
            let (scan, reading) = (4 * n_voxels * spec.n_channels, n_voxels * (4 * spec.n_channels + 2));
            let exported = if job.probabilities { 4 * n_classes * n_voxels } else { 0 };
            let slab = EXPORT_MEMORY.min(4 * n_classes * n_voxels * (runs.len() + 1));
            let prepared: usize = at_once.iter().map(|cases| cases[place]).sum();
            let predicting = prepared + exported + slab + n_voxels;
            // While one scan is predicted, the next is read and prepared and the one before written.
            scan + if overlap { reading + prepared + predicting } else { reading.max(predicting) }
        };
        let data = cases.iter().enumerate().map(|(place, case)| of_case(place, case)).max().unwrap_or(0);
        let per_voxel = 1 + if job.probabilities { 4 * n_classes } else { 0 };
        Ok(Self {
            n_channels: spec.n_channels,
            memory: memory(runs, data as u64)?,
            disk: cases.iter().map(|case| (case.scan.n_voxels() * per_voxel) as u64).sum(),
            cases,
            runs: all,
        })
    }

    /// The most memory that the prediction takes, in bytes; none where the system does not tell.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        self.memory
    }
}

/// What the program with its networks takes, and what the scans that are at work take beside it.
fn memory(runs: &[TrainedRun], data: u64) -> Result<Option<u64>> {
    let Some(program) = machine::held() else { return Ok(None) };
    let mut largest = 0;
    for run in runs {
        let window = run.experiment.window();
        if run.models[0].store.device() != Device::Cpu {
            return Ok(None);
        }
        let Some(cost) = NetworkCost::of_prediction(&run.models[0], &window)? else { return Ok(None) };
        largest = largest.max(cost.bytes(window.grid.patch_size, window.batch_size));
    }
    Ok(Some(program + largest + data))
}

impl fmt::Display for PredictionForecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_table(f, &self.cases)?;
        writeln!(f, "data: {} scans of {} channels", self.cases.len(), self.n_channels)?;
        for run in &self.runs {
            writeln!(
                f,
                "{}: {} networks of {} parameters in all; {} patches of {} in batches of {}",
                run.name,
                run.n_networks,
                run.n_parameters,
                run.n_patches,
                sides(run.patch_size),
                run.batch_size
            )?;
        }
        match self.memory {
            Some(memory) => {
                let available =
                    machine::available().map_or_else(String::new, |n| format!(" of {}", Bytes(n)));
                writeln!(f, "memory: up to {}{available}", Bytes(memory))?;
            }
            None => writeln!(f, "memory: not known on this device and system")?,
        }
        writeln!(f, "disk: up to {}", Bytes(self.disk))
    }
}
