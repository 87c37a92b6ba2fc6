//! Class probabilities of a whole scan.

use anyhow::{Context as _, Result, ensure};
use mis_core::PatchLocation;
use mis_core::Volume;
use mis_core::interpolation::Fill;
use mis_core::ndarray::ArrayView5;
use mis_models::tch::{self, Tensor};
use mis_models::{Model, Output};
use mis_patch::{GridMerger, MergeWeights, PatchGrid, Placement};

use crate::{Precision, tensors};

/// How a window slides over a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct SlidingWindow {
    /// Where it stops.
    pub grid: PatchGrid,
    /// Where it stops along an axis that is no multiple of its step.
    pub placement: Placement,
    /// How overlapping patches are averaged.
    pub merge: MergeWeights,
    /// Precision of the convolutions.
    pub precision: Precision,
    /// Patches that the network sees at once.
    pub batch_size: usize,
    /// What the network's logits stand for: what is averaged where patches overlap.
    pub output: Output,
}

impl SlidingWindow {
    /// A window over a grid: Gaussian weights, the precision that is fastest here, one patch at a time.
    #[must_use]
    pub fn over(grid: PatchGrid) -> Self {
        Self {
            grid,
            placement: Placement::default(),
            merge: MergeWeights::Gaussian,
            precision: Precision::Auto,
            batch_size: 1,
            output: Output::Softmax,
        }
    }
}

/// Class probabilities `(class, i, j, k)` on the lattice of a prepared scan: the window's output of each patch, averaged
/// where patches overlap. Memory is the output and one batch of patches, however many patches there are.
pub fn predict(model: &Model, image: &Volume, window: &SlidingWindow) -> Result<Volume> {
    predict_mean(&[model], image, window)
}

/// The mean of what several networks say of a prepared scan, as [`predict`] gives it of one: each patch is shown to all of
/// them, so that memory is that of one network's output. They must be of one kind of input and classes, on one device.
pub fn predict_mean(models: &[&Model], image: &Volume, window: &SlidingWindow) -> Result<Volume> {
    slide(models, image, window, &mut |_, _| Ok(()))
}

/// As [`predict_mean`], and shows `watch` each batch of patches with the logits of each network for it.
pub(crate) fn slide(
    models: &[&Model],
    image: &Volume,
    window: &SlidingWindow,
    watch: &mut dyn FnMut(&[PatchLocation], &Tensor) -> Result<()>,
) -> Result<Volume> {
    let model = *models.first().context("an ensemble needs a network")?;
    ensure!(
        models.iter().all(|other| other.spec == model.spec),
        "expected networks of one kind, found some for {:?} and some for others",
        model.spec
    );
    let n_channels = image.n_channels();
    ensure!(
        n_channels == model.spec.n_channels,
        "expected an image of {} channels, as the network was trained on, found {n_channels}",
        model.spec.n_channels
    );
    ensure!(window.batch_size > 0, "batch-size must be positive, got 0");
    window.grid.check()?;
    model.check_patch(window.grid.patch_size)?;
    window.merge.check(window.grid.patch_size)?;
    let _no_grad = tch::no_grad_guard();
    let device = model.store.device();
    let kind = window.precision.kind(device);
    let plan = window.grid.plan(image.shape(), window.placement);
    let locations: Vec<_> = plan.locations().collect();
    let mut merger = GridMerger::new(model.spec.n_classes, plan, window.merge);
    let [i, j, k] = window.grid.patch_size;
    let mut patches = vec![0.0; window.batch_size.min(locations.len()) * n_channels * i * j * k];
    for locations in locations.chunks(window.batch_size) {
        let patches = &mut patches[..locations.len() * n_channels * i * j * k];
        for (at, patch) in locations.iter().zip(patches.chunks_exact_mut(n_channels * i * j * k)) {
            image.cut_into(at, Fill::Minimum, patch);
        }
        let batch = ArrayView5::from_shape((locations.len(), n_channels, i, j, k), patches)?;
        let images = tensors::images(batch, model.spec.dims, device, kind)?;
        let mut output = |model: &Model| -> Result<Tensor> {
            let logits = model.net.forward_t(&images, false);
            watch(locations, &logits)?;
            Ok(window.output.apply(&logits))
        };
        let mut mean = output(model)?;
        for model in &models[1..] {
            let _ = mean.f_add_(&output(model)?)?;
        }
        if models.len() > 1 {
            let _ = mean.f_div_scalar_(models.len() as f64)?;
        }
        let values = tensors::values(&mean)?;
        // (batch, class, i, j, k)
        for patch in values.chunks_exact(values.len() / locations.len()) {
            merger.add(patch);
        }
    }
    merger.finish(image.affine()).context("cannot merge the patches")
}
