//! Trainings by several processes: this program starts itself through `mpirun`.

#![cfg(feature = "mpi")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use mis_core::ndarray::{Array3, Axis};
use mis_core::{Affine, DataSource, LabelMap, Sample, SampleId, Volume, anyhow::Result, sample_rng};
use mis_models::tch::{self, Device};
use mis_models::{DiceCrossEntropy, Dims, Model, ModelSpec, Norm, UNet};
use mis_patch::{CaseOrder, LastBatch, PassedOver, PatchLoader, RandomCrop, Share};
use mis_train::{
    Alone, CHECKPOINT_LAST, Checkpoint, Ended, FitJob, MpiRanks, Ranks, StopSignal, TrainConfig,
    ValidationSet, fit,
};
use rand::Rng as _;

/// Noisy boxes.
#[derive(Debug)]
struct Boxes;

impl DataSource for Boxes {
    fn ids(&self) -> Result<Vec<SampleId>> {
        Ok((0..6).map(|case| SampleId(case.to_string())).collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        let mut rng = sample_rng(3, 0, id.0.parse()?);
        let corner: [usize; 3] = std::array::from_fn(|_| rng.random_range(0..8));
        let inside = |at: usize, axis: usize| (corner[axis]..corner[axis] + 6).contains(&at);
        let labels = Array3::from_shape_fn([18; 3], |(i, j, k)| {
            u8::from(inside(i, 0) && inside(j, 1) && inside(k, 2))
        });
        let image = labels.mapv(|label| f32::from(label) + rng.random_range(-0.3_f32..0.3));
        let affine = Affine::from_spacing([1.0; 3]);
        Ok(Sample {
            id: id.clone(),
            image: Volume::new(image.insert_axis(Axis(0)), affine)?,
            labels: Some(LabelMap::new(labels, affine)?),
        })
    }
}

/// Two epochs of batches of four, the last of them of two; with `stop`, ended after the first step.
fn train(ranks: &dyn Ranks, folder: &Path, resume: bool, stop: bool) -> Result<Ended> {
    tch::set_num_threads(1);
    let unet = UNet { depth: 2, base_channels: 4, norm: Norm::Instance, ..UNet::default() };
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three };
    let mut model = Model::build(&unet, spec, Device::Cpu, 11)?;
    let batches = PatchLoader {
        source: Arc::new(Boxes),
        ids: Boxes.ids()?,
        sampler: Arc::new(RandomCrop { patch_size: [16; 3] }),
        transform: None,
        batch_size: 4,
        steps: None,
        last: LastBatch::Keep,
        order: CaseOrder::Shuffled,
        seed: 5,
        workers: 1,
        passed_over: PassedOver::default(),
        share: ranks.share(),
    };
    let validation = PatchLoader { batch_size: 2, share: Share::default(), ..batches.clone() };
    let signal = StopSignal::default();
    if stop && ranks.rank() + 1 == ranks.n() {
        signal.raise(); // one is asked, all stop
    }
    let job = FitJob {
        title: "test",
        loss: &DiceCrossEntropy::default(),
        train: &batches,
        validation: Some(ValidationSet::Patches(&validation)),
        config: &TrainConfig {
            epochs: 2,
            validate_every: 1,
            gradient_clip: Some(12.0),
            ..TrainConfig::default()
        },
        seed: 5,
        folder,
        experiment: "boxes",
        resume,
        stop: &signal,
        ranks,
    };
    Ok(fit(&mut model, &job, &mut [])?.ended)
}

/// Not a test of its own: what each process does that `mpirun` starts.
#[test]
#[ignore = "is started by the others, through mpirun"]
fn rank() {
    let Some(folder) = std::env::var_os("RANKS_FOLDER").map(PathBuf::from) else { return };
    let ranks = MpiRanks::join().unwrap();
    let task = std::env::var("RANKS_TASK").unwrap();
    if task == "die" && ranks.rank() == 1 {
        eprintln!("a file is gone");
        ranks.abort();
    }
    if task == "stop" {
        assert_eq!(train(&ranks, &folder, false, true).unwrap(), Ended::Interrupted);
        ranks.wait();
        assert_eq!(train(&ranks, &folder, true, false).unwrap(), Ended::Completed);
    } else {
        assert_eq!(train(&ranks, &folder, false, false).unwrap(), Ended::Completed);
    }
}

fn two_ranks(folder: &Path, task: &str) -> Output {
    let mut mpirun = Command::new("mpirun");
    mpirun.args(["--allow-run-as-root", "--oversubscribe", "-n", "2"]);
    mpirun.arg(std::env::current_exe().unwrap()).args(["rank", "--exact", "--ignored", "--nocapture"]);
    mpirun.env("RANKS_FOLDER", folder).env("RANKS_TASK", task);
    mpirun.output().expect("mpirun, which the feature needs")
}

/// Every weight of two checkpoints, the largest difference.
fn difference(folders: [&Path; 2]) -> f64 {
    let [a, b] = folders.map(|folder| Checkpoint::load(&folder.join(CHECKPOINT_LAST)).unwrap().weights);
    let differences = a.iter().map(|(name, tensor)| (tensor - &b[name]).abs().max().double_value(&[]));
    differences.fold(0.0, f64::max)
}

#[test]
fn two_ranks_of_half_a_batch_train_the_weights_of_one_rank() {
    let folder = tempfile::tempdir().unwrap();
    let [alone, two, stopped] = ["alone", "two", "stopped"].map(|name| folder.path().join(name));
    train(&Alone, &alone, false, false).unwrap();
    let run = two_ranks(&two, "train");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(difference([&alone, &two]) <= 1e-5, "{}", difference([&alone, &two]));
    let histories = [&alone, &two].map(|folder| fs::read_to_string(folder.join("history.tsv")).unwrap());
    assert_eq!(histories[0].lines().count(), histories[1].lines().count());

    // Stopped by one of them and resumed by both: to the bit.
    let run = two_ranks(&stopped, "stop");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(difference([&two, &stopped]), 0.0);
}

#[test]
fn a_rank_that_dies_ends_all() {
    let folder = tempfile::tempdir().unwrap();
    let run = two_ranks(folder.path(), "die");
    assert!(!run.status.success());
    assert!(String::from_utf8_lossy(&run.stderr).contains("a file is gone"));
}
