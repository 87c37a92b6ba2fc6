//! What validation during a training says of patches, and of whole scans.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use mis_core::anyhow::Result;
use mis_core::ndarray::{Array3, Axis};
use mis_core::{
    Affine, Batch, BatchSource, DataSource, IGNORE, LabelMap, Sample, SampleId, Volume, argmax, sample_rng,
};
use mis_models::tch::{self, Device};
use mis_models::{
    AnyLoss, CrossEntropy, DiceCrossEntropy, Dims, Loss as _, Model, ModelSpec, Norm, Regions, UNet,
};
use mis_patch::PatchGrid;
use mis_train::{
    Adam, Alone, FitJob, SlidingWindow, StopSignal, TrainConfig, Validation, ValidationSet, fit, predict,
};
use rand::Rng as _;

/// Boxes of class 1 with a core of class 2 in noise, and a corner that nobody has labelled; as batches, each scan is one.
#[derive(Debug)]
struct Boxes;

impl DataSource for Boxes {
    fn ids(&self) -> Result<Vec<SampleId>> {
        Ok((0..4).map(|case| SampleId(case.to_string())).collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        let mut rng = sample_rng(3, 0, id.0.parse()?);
        let corner: [usize; 3] = std::array::from_fn(|_| rng.random_range(0..8));
        let depth = |at: [usize; 3]| {
            let depths = (0..3).map(|axis| {
                (1 + at[axis]).saturating_sub(corner[axis]).min((corner[axis] + 8).saturating_sub(at[axis]))
            });
            depths.min().unwrap().div_ceil(2).min(2) as u8
        };
        let labels = Array3::from_shape_fn([16; 3], |(i, j, k)| depth([i, j, k]));
        let image = labels.mapv(|label| f32::from(label) + rng.random_range(-0.3_f32..0.3));
        let labels = Array3::from_shape_fn([16; 3], |at| {
            let (i, j, _) = at;
            if i + j < 10 { IGNORE } else { labels[at] }
        });
        let affine = Affine::from_spacing([1.0; 3]);
        Ok(Sample {
            id: id.clone(),
            image: Volume::new(image.insert_axis(Axis(0)), affine)?,
            labels: Some(LabelMap::new(labels, affine)?),
        })
    }
}

impl BatchSource for Boxes {
    fn epoch(&self, _epoch: u32) -> Box<dyn Iterator<Item = Result<Batch>> + Send + '_> {
        Box::new(self.ids().unwrap().into_iter().map(|id| Batch::stack(&[self.load(&id)?])))
    }
}

fn losses() -> [AnyLoss; 3] {
    let whole_and_core = Regions::of(vec![vec![1, 2], vec![2]], CrossEntropy::default());
    let each_class = Regions { regions: None, ..whole_and_core.clone() };
    [DiceCrossEntropy::default().into(), whole_and_core.into(), each_class.into()]
}

/// Trains in a folder of its own and gives the model and what its last validation said.
fn trained(loss: &AnyLoss, validation: ValidationSet<'_>) -> (Model, Validation) {
    tch::set_num_threads(1);
    let folder = tempfile::tempdir().unwrap();
    let unet = UNet { depth: 2, base_channels: 4, norm: Norm::Instance, ..UNet::default() };
    let n_classes = loss.regions().map_or(3, <[_]>::len);
    let spec = ModelSpec { n_channels: 1, n_classes, dims: Dims::Three };
    let mut model = Model::build(&unet, spec, Device::Cpu, 11).unwrap();
    let adam = Adam { learning_rate: 1e-2, ..Adam::default() };
    let job = FitJob {
        title: "test",
        loss,
        train: &Boxes,
        validation: Some(validation),
        config: &TrainConfig {
            epochs: 4,
            validate_every: 4,
            optimizer: adam.into(),
            ..TrainConfig::default()
        },
        seed: 5,
        folder: folder.path(),
        experiment: "boxes",
        resume: false,
        stop: &StopSignal::default(),
        ranks: &Alone,
    };
    let fitted = fit(&mut model, &job, &mut []).unwrap();
    (model, fitted.history.epochs.last().unwrap().validation.clone().unwrap())
}

fn window(loss: &AnyLoss, side: usize) -> SlidingWindow {
    let grid = PatchGrid { patch_size: [side; 3], overlap: [side / 2; 3] };
    SlidingWindow { output: loss.output(), ..SlidingWindow::over(grid) }
}

#[test]
fn scans_of_one_window_score_as_their_patches_do() {
    let ids = Boxes.ids().unwrap();
    for loss in losses() {
        let window = window(&loss, 16);
        let (_, of_patches) = trained(&loss, ValidationSet::Patches(&Boxes));
        let (_, of_scans) =
            trained(&loss, ValidationSet::Scans { source: &Boxes, ids: &ids, window: &window });
        assert!((of_patches.loss - of_scans.loss).abs() < 1e-6, "{of_patches:?}, {of_scans:?}");
        assert_eq!(of_patches.dice, of_scans.dice, "{loss:?}");
    }
}

#[test]
fn scans_are_scored_as_they_will_be_predicted() {
    let ids = Boxes.ids().unwrap();
    let loss = AnyLoss::from(DiceCrossEntropy::default());
    let window = window(&loss, 8);
    let (model, validation) =
        trained(&loss, ValidationSet::Scans { source: &Boxes, ids: &ids, window: &window });
    for class in [1_u8, 2] {
        let (mut overlap, mut sum) = (0, 0);
        for id in &ids {
            let scan = Boxes.load(id).unwrap();
            let found = argmax(&predict(&model, &scan.image, &window).unwrap());
            let labels = scan.labels.unwrap();
            let voxels = found.as_slice().iter().zip(labels.as_slice());
            for (&found, &truth) in voxels.filter(|(_, truth)| **truth != IGNORE) {
                overlap += u32::from(found == class && truth == class);
                sum += u32::from(found == class) + u32::from(truth == class);
            }
        }
        let dice = 2.0 * f64::from(overlap) / f64::from(sum);
        assert!(dice > 0.05, "class {class} was found: {dice}");
        assert_eq!(validation.dice[usize::from(class) - 1], Some(dice));
    }
}
