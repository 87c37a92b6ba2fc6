//! Class probabilities of a whole scan.

use anyhow::{Context as _, Result, ensure};
use mis_core::PatchLocation;
use mis_core::Volume;
use mis_core::interpolation::Fill;
use mis_core::ndarray::ArrayView5;
use mis_models::tch::{self, Tensor};
use mis_models::{Model, Output};
use mis_patch::{GridMerger, GridPlan, MergeWeights, PatchGrid, Placement, Planes};

use crate::mirrored_views::mirrored;
use crate::{MirroredViews, Precision, tensors};

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
    /// In which mirror images the network sees each patch too.
    pub mirror: MirroredViews,
}

impl SlidingWindow {
    /// A window over a grid: Gaussian weights, the precision that is fastest here, one patch at a time, not mirrored.
    #[must_use]
    pub fn over(grid: PatchGrid) -> Self {
        Self {
            grid,
            placement: Placement::default(),
            merge: MergeWeights::Gaussian,
            precision: Precision::Auto,
            batch_size: 1,
            output: Output::Softmax,
            mirror: MirroredViews::default(),
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
    let plan = plan(models, image, window)?;
    let mut merger = GridMerger::new(models[0].spec.n_classes, plan.clone(), window.merge);
    patch_by_patch(models, image, window, &plan, watch, &mut |patch| merger.add(patch))?;
    merger.finish(image.affine()).context("cannot merge the patches")
}

/// As [`predict_mean`], but gives `take` the planes along i as they are done, in memory of one patch's planes instead of
/// the whole output. `take` says before which plane it needs none any more; the others are shown to it again.
pub fn predict_planes(
    models: &[&Model],
    image: &Volume,
    window: &SlidingWindow,
    take: &mut dyn FnMut(Planes<'_>) -> usize,
) -> Result<()> {
    let plan = plan(models, image, window)?;
    let mut merger = GridMerger::rolling(models[0].spec.n_classes, plan.clone(), window.merge);
    patch_by_patch(models, image, window, &plan, &mut |_, _| Ok(()), &mut |patch| {
        merger.add(patch);
        let done = take(merger.ready());
        merger.release(done);
    })
}

/// The patches of a scan, after a look at what cannot be.
fn plan(models: &[&Model], image: &Volume, window: &SlidingWindow) -> Result<GridPlan> {
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
    Ok(window.grid.plan(image.shape(), window.placement))
}

/// Gives `take` the mean output of each patch, `(channel, i, j, k)`, in the plan's order, and shows `watch` each batch with
/// the logits of each network for it as it is.
fn patch_by_patch(
    models: &[&Model],
    image: &Volume,
    window: &SlidingWindow,
    plan: &GridPlan,
    watch: &mut dyn FnMut(&[PatchLocation], &Tensor) -> Result<()>,
    take: &mut dyn FnMut(&[f32]),
) -> Result<()> {
    let _no_grad = tch::no_grad_guard();
    let (spec, device) = (models[0].spec, models[0].store.device());
    let kind = window.precision.kind(device);
    let views = window.mirror.views();
    let locations: Vec<_> = plan.locations().collect();
    let [i, j, k] = window.grid.patch_size;
    let n_values = image.n_channels() * i * j * k;
    let mut patches = vec![0.0; window.batch_size.min(locations.len()) * n_values];
    for locations in locations.chunks(window.batch_size) {
        let patches = &mut patches[..locations.len() * n_values];
        for (at, patch) in locations.iter().zip(patches.chunks_exact_mut(n_values)) {
            image.cut_into(at, Fill::Minimum, patch);
        }
        let batch = ArrayView5::from_shape((locations.len(), image.n_channels(), i, j, k), patches)?;
        let images = tensors::images(batch, spec.dims, device, kind)?;
        let mut sum: Option<Tensor> = None;
        for model in models {
            for &view in &views {
                let logits = model.net.forward_t(&mirrored(&images, view)?, false);
                if view == [false; 3] {
                    watch(locations, &logits)?;
                }
                let output = mirrored(&window.output.apply(&logits), view)?;
                match &mut sum {
                    None => sum = Some(output),
                    Some(sum) => _ = sum.f_add_(&output)?,
                }
            }
        }
        let mut mean = sum.context("an ensemble needs a network")?;
        let n = models.len() * views.len();
        if n > 1 {
            let _ = mean.f_div_scalar_(n as f64)?;
        }
        let values = tensors::values(&mean)?;
        // (batch, class, i, j, k)
        values.chunks_exact(values.len() / locations.len()).for_each(&mut *take);
    }
    Ok(())
}
