//! Trainings on a toy task: exact resume, refusal of what does not belong, and prediction.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use mis_core::anyhow::Result;
use mis_core::ndarray::{Array3, Axis};
use mis_core::{Affine, Batch, BatchSource, LabelMap, Sample, Volume, argmax, sample_rng};
use mis_models::tch::{self, Device, Tensor};
use mis_models::{CrossEntropy, DiceCrossEntropy, Dims, Model, ModelSpec, Norm, UNet};
use mis_patch::PatchGrid;
use mis_train::{
    Adam, AdamW, Alone, AnyOptimizer, CHECKPOINT_LAST, Callback, Checkpoint, Cosine, Ended, EpochStats,
    FitJob, Fitted, OneCycle, Precision, Schedule, SgdNesterov, SlidingWindow, StopSignal, TrainConfig,
    Trainer, ValidationSet, WeightAverage, fit, load_weights, predict,
};
use rand::Rng as _;

/// A bright box at a random place in noise; `steps` batches an epoch, and a stop raised before one of them.
#[derive(Debug)]
struct Boxes {
    steps: u64,
    stop: Option<(u32, u64, StopSignal)>,
    brightness: f32,
}

impl Boxes {
    fn new() -> Self {
        Self { steps: 5, stop: None, brightness: 1.0 }
    }
}

fn boxed(seed: u64, epoch: u32, index: u64, brightness: f32) -> Sample {
    let mut rng = sample_rng(seed, epoch, index);
    let corner: [usize; 3] = std::array::from_fn(|_| rng.random_range(0..8));
    let inside = |at: usize, axis: usize| (corner[axis]..corner[axis] + 6).contains(&at);
    let labels =
        Array3::from_shape_fn([16; 3], |(i, j, k)| u8::from(inside(i, 0) && inside(j, 1) && inside(k, 2)));
    let image = labels.mapv(|label| f32::from(label) * brightness + rng.random_range(-0.3_f32..0.3));
    let affine = Affine::from_spacing([1.0; 3]);
    Sample {
        id: "box".into(),
        image: Volume::new(image.insert_axis(Axis(0)), affine).unwrap(),
        labels: Some(LabelMap::new(labels, affine).unwrap()),
    }
}

impl BatchSource for Boxes {
    fn epoch(&self, epoch: u32) -> Box<dyn Iterator<Item = Result<Batch>> + Send + '_> {
        Box::new((0..self.steps).map(move |step| {
            if let Some((stop_epoch, stop_step, stop)) = &self.stop
                && (*stop_epoch, *stop_step) == (epoch, step)
            {
                stop.raise();
            }
            let sample = |index| boxed(3, epoch, index, self.brightness);
            Batch::stack(&[sample(2 * step), sample(2 * step + 1)])
        }))
    }
}

fn model() -> Model {
    tch::set_num_threads(1); // tests run side by side: threads of several would wait for each other's cores
    // Dropout and batch norm: what draws numbers and what keeps running statistics must survive a stop as well.
    let unet = UNet { depth: 2, base_channels: 4, norm: Norm::Batch, dropout: 0.1, ..UNet::default() };
    Model::build(&unet, ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three }, Device::Cpu, 11)
        .unwrap()
}

fn config(optimizer: AnyOptimizer) -> TrainConfig {
    let schedule = Schedule::Cosine(Cosine { warm_up: 1, ..Cosine::default() });
    TrainConfig { epochs: 4, optimizer, schedule, gradient_clip: Some(12.0), ..TrainConfig::default() }
}

fn run(
    folder: &Path,
    data: &Boxes,
    config: &TrainConfig,
    experiment: &str,
    resume: bool,
    stop: &StopSignal,
) -> Result<(Model, Fitted)> {
    let mut model = model();
    let validation = Boxes { steps: 2, ..Boxes::new() };
    let job = FitJob {
        title: "test",
        loss: &DiceCrossEntropy::default(),
        train: data,
        validation: Some(ValidationSet::Patches(&validation)),
        config,
        seed: 5,
        folder,
        experiment,
        resume,
        stop,
        ranks: &Alone,
    };
    let fitted = fit(&mut model, &job, &mut [])?;
    Ok((model, fitted))
}

fn assert_same(found: &BTreeMap<String, Tensor>, expected: &BTreeMap<String, Tensor>) {
    for (name, tensor) in expected {
        assert_eq!(&found[name], tensor, "{name} differs");
    }
}

/// Trains with a callback that remembers.
fn run_told(
    folder: &Path,
    data: &Boxes,
    config: &TrainConfig,
    resume: bool,
    stop: &StopSignal,
) -> Result<(Model, Fitted)> {
    let validation = Boxes { steps: 2, ..Boxes::new() };
    let mut model = model();
    let job = FitJob {
        title: "test",
        loss: &DiceCrossEntropy::default(),
        train: data,
        validation: Some(ValidationSet::Patches(&validation)),
        config,
        seed: 5,
        folder,
        experiment: "a",
        resume,
        stop,
        ranks: &Alone,
    };
    let fitted = fit(&mut model, &job, &mut [Box::new(Told::default())])?;
    Ok((model, fitted))
}

/// Remembers the losses that it was told of.
#[derive(Debug, Default)]
struct Told(Vec<f64>);

impl Callback for Told {
    fn on_epoch_end(&mut self, stats: &EpochStats) -> Result<ControlFlow<()>> {
        self.0.push(stats.train_loss);
        Ok(ControlFlow::Continue(()))
    }

    fn state(&self) -> Option<String> {
        Some(format!("{:?}", self.0))
    }

    fn restore(&mut self, state: &str) -> Result<()> {
        let numbers = state.trim_matches(['[', ']']).split(", ").filter(|number| !number.is_empty());
        self.0 = numbers.map(str::parse).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// Optimizers with all that has a state of its own beside them.
fn configs() -> [TrainConfig; 3] {
    let adam = config(Adam { learning_rate: 1e-2, ..Adam::default() }.into());
    let adam_w = TrainConfig {
        accumulate: 2,
        average: Some(WeightAverage { decay: 0.9 }),
        schedule: Schedule::OneCycle(OneCycle::default()),
        steps_per_epoch: Some(3), // of five batches
        ..config(AdamW { learning_rate: 1e-2, ..AdamW::default() }.into())
    };
    let sgd = SgdNesterov { learning_rate: 1e-2, ..SgdNesterov::default() };
    [adam, adam_w, config(sgd.into())]
}

#[test]
fn a_run_stopped_anywhere_and_resumed_ends_with_the_same_checkpoint() {
    let mut rng = sample_rng(20, 0, 0);
    for config in configs() {
        let never = StopSignal::default();
        let whole = tempfile::tempdir().unwrap();
        let (expected, reference) = run_told(whole.path(), &Boxes::new(), &config, false, &never).unwrap();
        assert_eq!(reference.ended, Ended::Completed);
        for _ in 0..3 {
            let at = (rng.random_range(0..4), rng.random_range(0..5));
            let folder = tempfile::tempdir().unwrap();
            let stop = StopSignal::default();
            let stopping = Boxes { stop: Some((at.0, at.1, stop.clone())), ..Boxes::new() };
            let (_, first) = run_told(folder.path(), &stopping, &config, false, &stop).unwrap();
            assert_eq!(first.ended, Ended::Interrupted);
            let (model, second) = run_told(folder.path(), &Boxes::new(), &config, true, &never).unwrap();
            assert_same(&model.variables(), &expected.variables());
            let figures = |fitted: &Fitted| -> Vec<EpochStats> {
                let epochs = fitted.history.epochs.iter();
                epochs.map(|stats| EpochStats { seconds: 0.0, ..stats.clone() }).collect()
            };
            assert_eq!(figures(&second), figures(&reference), "stopped at {at:?}");
            let last = |folder: &Path| Checkpoint::load(&folder.join(CHECKPOINT_LAST)).unwrap();
            let (found, expected) = (last(folder.path()), last(whole.path()));
            assert_same(&found.optimizer, &expected.optimizer);
            assert_same(&found.live.unwrap_or_default(), &expected.live.unwrap_or_default());
            assert_eq!(found.state.callbacks, expected.state.callbacks);
            assert_eq!(found.state.best, expected.state.best);
        }
    }
}

#[test]
fn two_runs_are_the_same_to_the_bit() {
    let config = &configs()[1];
    let weights = || {
        let folder = tempfile::tempdir().unwrap();
        let stop = StopSignal::default();
        run(folder.path(), &Boxes::new(), config, "a", false, &stop).unwrap().0.variables()
    };
    assert_same(&weights(), &weights());
}

#[test]
fn a_trained_model_predicts_its_boxes_also_from_its_checkpoint_and_in_bf16() {
    let folder = tempfile::tempdir().unwrap();
    let adam = Adam { learning_rate: 1e-2, ..Adam::default() };
    let config = TrainConfig { epochs: 12, ..config(adam.into()) };
    let (model, fitted) =
        run(folder.path(), &Boxes::new(), &config, "a", false, &StopSignal::default()).unwrap();
    let dice = fitted.history.epochs.last().unwrap().validation.as_ref().unwrap().mean_dice().unwrap();
    assert!(dice > 0.8, "validation Dice {dice}");

    let scan = boxed(99, 0, 0, 1.0);
    let mut window = SlidingWindow::over(PatchGrid { patch_size: [12, 12, 16], overlap: [4, 4, 0] });
    let probabilities = predict(&model, &scan.image, &window).unwrap();
    for voxel in probabilities.data().lanes(Axis(0)) {
        assert!((voxel.sum() - 1.0).abs() < 1e-5, "probabilities of a voxel sum to one");
    }
    let mut restored = self::model();
    load_weights(&mut restored, &folder.path().join("checkpoint_last.safetensors")).unwrap();
    window.batch_size = 3; // more patches at once, the same answer
    let again = predict(&restored, &scan.image, &window).unwrap();
    let largest = |a: &Volume, b: &Volume| {
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    // Batches of another size may sum in another order.
    assert!(largest(&probabilities, &again) < 1e-4);
    window.precision = Precision::Bf16;
    let bf16 = predict(&restored, &scan.image, &window).unwrap();
    // Eight bits of mantissa.
    assert!(largest(&probabilities, &bf16) < 0.1);

    let labels = argmax(&probabilities);
    let truth = scan.labels.unwrap();
    let hits = labels.as_slice().iter().zip(truth.as_slice()).filter(|&(a, b)| a == b).count();
    assert!(hits as f64 > 0.95 * truth.as_slice().len() as f64, "{hits} voxels right");
    for file in ["history.tsv", "curves.svg", "checkpoint_best.safetensors"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn the_checkpoint_of_another_experiment_is_refused_with_the_lines_that_differ() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig { epochs: 1, ..config(Adam::default().into()) };
    let stop = StopSignal::default();
    run(folder.path(), &Boxes::new(), &config, "seed = 1\nclasses = 2", false, &stop).unwrap();
    let error = run(folder.path(), &Boxes::new(), &config, "seed = 2\nclasses = 2", true, &stop).unwrap_err();
    let error = format!("{error:#}");
    assert!(
        error.ends_with("belongs to another experiment: it has [seed = 1], this one has [seed = 2]"),
        "{error}"
    );
}

#[test]
fn a_loss_that_is_not_finite_names_the_step_the_cases_and_the_last_good_state() {
    let folder = tempfile::tempdir().unwrap();
    let data = Boxes { brightness: f32::NAN, ..Boxes::new() };
    let error =
        run(folder.path(), &data, &config(Adam::default().into()), "a", false, &StopSignal::default());
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("epoch 1, step 1: the loss is NaN on box, box"), "{error}");
}

#[test]
fn a_checkpoint_cut_short_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint_last.safetensors");
    std::fs::write(&path, b"\x10\0\0\0\0\0\0\0{\"a\":").unwrap();
    let error = format!("{:#}", load_weights(&mut model(), &path).unwrap_err());
    assert!(error.contains("checkpoint_last.safetensors"), "{error}");
}

#[test]
fn a_callback_may_end_the_run_and_a_resumed_run_stays_ended() {
    #[derive(Debug)]
    struct Second;
    impl Callback for Second {
        fn on_epoch_end(&mut self, stats: &EpochStats) -> Result<ControlFlow<()>> {
            Ok(if stats.epoch == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig { keep_checkpoints: 1, ..config(Adam::default().into()) };
    for resume in [false, true] {
        let job = FitJob {
            title: "test",
            loss: &DiceCrossEntropy::default(),
            train: &Boxes::new(),
            validation: None,
            config: &config,
            seed: 5,
            folder: folder.path(),
            experiment: "a",
            resume,
            stop: &StopSignal::default(),
            ranks: &Alone,
        };
        let fitted = fit(&mut model(), &job, &mut [Box::new(Second)]).unwrap();
        assert_eq!((fitted.ended, fitted.history.epochs.len()), (Ended::Early, 2));
    }
    let mut files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(
        files,
        [
            "checkpoint_epoch_000002.safetensors",
            "checkpoint_last.safetensors",
            "curves.svg",
            "events.out.tfevents.0.mis",
            "history.tsv"
        ]
    );
}

#[test]
fn accumulated_batches_move_the_weights_as_one_large_batch_does() {
    let unet = UNet { depth: 1, base_channels: 4, norm: Norm::Instance, ..UNet::default() };
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three };
    let patches: Vec<Sample> = (0..4).map(|index| boxed(1, 0, index, 1.0)).collect();
    let moved = |batch_size: usize| {
        let mut model = Model::build(&unet, spec, Device::Cpu, 1).unwrap();
        let sgd = SgdNesterov { learning_rate: 0.1, ..SgdNesterov::default() };
        let config = TrainConfig {
            optimizer: sgd.into(),
            accumulate: 4 / batch_size,
            gradient_clip: Some(0.5),
            precision: Precision::F32,
            ..TrainConfig::default()
        };
        let batches: Vec<Batch> =
            patches.chunks(batch_size).map(|patches| Batch::stack(patches).unwrap()).collect();
        let loss = CrossEntropy::default();
        let mut trainer = Trainer::new(&mut model, &loss, &config, 0).unwrap();
        let stats = trainer.step_over(&batches, 0.1).unwrap();
        (stats, model.variables())
    };
    let (one, expected) = moved(4);
    for batch_size in [1, 2] {
        let (stats, found) = moved(batch_size);
        // Sums of another order.
        assert!((stats.loss - one.loss).abs() < 1e-6);
        for (name, tensor) in &expected {
            let difference = (&found[name] - tensor).abs().max().double_value(&[]);
            assert!(difference < 1e-6, "{name} differs by {difference}");
        }
    }
}
