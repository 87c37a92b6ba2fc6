//! Scores of the validation cases during training.

use anyhow::{Context as _, Result};
use mis_core::ndarray::ArrayView4;
use mis_core::{Batch, BatchSource, DataSource, IGNORE, PatchLocation, Sample, SampleId, argmax};
use mis_models::tch::{self, Kind, Tensor};
use mis_models::{Loss, Model};
use serde::{Deserialize, Serialize};

use crate::predict::slide;
use crate::{Precision, Ranks, SlidingWindow, Validation, tensors};

/// What a training's validation scores: the `validate-on` of an experiment file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValidateOn {
    /// The patches of the cases' grid, each scored as it is.
    #[default]
    Patches,
    /// The whole cases, predicted as new scans will be.
    Scans,
}

/// The cases that a training is validated on, the same each time and not augmented.
#[derive(Clone, Copy, Debug)]
pub enum ValidationSet<'a> {
    /// The patches of epoch 0 of a source. Loss is the mean over its batches, Dice of all patches as one.
    Patches(&'a dyn BatchSource),
    /// Whole prepared scans, over which a window slides. Loss is the mean over the window's batches, Dice is of the merged
    /// outputs of all scans as one.
    Scans {
        /// Where the scans are from.
        source: &'a dyn DataSource,
        /// Which of them.
        ids: &'a [SampleId],
        /// How they are predicted.
        window: &'a SlidingWindow,
    },
}

/// Loss and Dice per foreground class, or region. Ranks share the batches, or the scans, and come to the same.
pub(crate) fn validate(
    model: &Model,
    loss: &dyn Loss,
    set: ValidationSet<'_>,
    precision: Precision,
    ranks: &dyn Ranks,
) -> Result<Validation> {
    let _no_grad = tch::no_grad_guard();
    let mut scores = Scores { loss, losses: [0.0; 2], counts: vec![Counts::default(); model.spec.n_classes] };
    match set {
        ValidationSet::Patches(source) => {
            for (number, batch) in source.epoch(0).enumerate() {
                let batch = batch?;
                if ranks.does(number) {
                    scores.add_batch(model, &batch, precision)?;
                }
            }
        }
        ValidationSet::Scans { source, ids, window } => {
            for (number, id) in ids.iter().enumerate() {
                if ranks.does(number) {
                    let added = scores.add_scan(model, source.load_shared(id)?.as_ref(), window);
                    added.with_context(|| format!("cannot validate on {id}"))?;
                }
            }
        }
    }
    Ok(scores.over(ranks))
}

/// What the scores are made of.
struct Scores<'a> {
    loss: &'a dyn Loss,
    /// Their sum, and their number.
    losses: [f64; 2],
    counts: Vec<Counts>,
}

impl Scores<'_> {
    fn add_batch(&mut self, model: &Model, batch: &Batch, precision: Precision) -> Result<()> {
        let (dims, device) = (model.spec.dims, model.store.device());
        let labels = batch.labels().context("validation needs labels")?;
        let images = tensors::images(batch.images(), dims, device, precision.kind(device))?;
        let target = tensors::target(labels, dims, device)?;
        let logits = model.net.forward_t(&images, false);
        self.add_loss(&logits, &target)?;
        let unknown = target.f_eq(i64::from(IGNORE))?;
        if let Some(regions) = self.loss.regions() {
            for ((region, classes), counts) in (0_i64..).zip(regions).zip(&mut self.counts) {
                let mut inside = target.f_eq(i64::from(classes[0]))?;
                for &class in &classes[1..] {
                    inside = inside.f_logical_or(&target.f_eq(i64::from(class))?)?;
                }
                let found = logits.f_select(1, region)?.f_ge(0.0)?.f_masked_fill(&unknown, 0)?;
                counts.add(&found, &inside)?;
            }
        } else {
            let prediction = logits.f_argmax(1, false)?.f_masked_fill(&unknown, i64::from(IGNORE))?;
            for (class, counts) in (0_i64..).zip(&mut self.counts) {
                counts.add(&prediction.f_eq(class)?, &target.f_eq(class)?)?;
            }
        }
        Ok(())
    }

    fn add_scan(&mut self, model: &Model, scan: &Sample, window: &SlidingWindow) -> Result<()> {
        let labels = scan.labels.as_ref().context("validation needs labels")?;
        let (dims, device) = (model.spec.dims, model.store.device());
        let output = slide(&[model], &scan.image, window, &mut |locations, logits| {
            let n_voxels: usize = locations.iter().map(PatchLocation::n_voxels).sum();
            let mut windows = vec![0; n_voxels];
            for (at, out) in locations.iter().zip(windows.chunks_exact_mut(n_voxels / locations.len())) {
                labels.cut_into(at, 0, out);
            }
            let [i, j, k] = locations[0].shape;
            let windows = ArrayView4::from_shape((locations.len(), i, j, k), &windows)?;
            self.add_loss(logits, &tensors::target(windows, dims, device)?)
        })?;
        let truth = labels.as_slice();
        if let Some(regions) = self.loss.regions() {
            let channels = output.as_slice().chunks_exact(truth.len());
            for ((channel, classes), counts) in channels.zip(regions).zip(&mut self.counts) {
                let voxels = channel.iter().zip(truth).filter(|(_, label)| **label != IGNORE);
                counts.add_voxels(voxels.map(|(&p, label)| (p >= 0.5, classes.contains(label))));
            }
        } else {
            let prediction = argmax(&output);
            for (class, counts) in (0_u8..).zip(&mut self.counts) {
                let voxels = prediction.as_slice().iter().zip(truth).filter(|(_, label)| **label != IGNORE);
                counts.add_voxels(voxels.map(|(&found, &label)| (found == class, label == class)));
            }
        }
        Ok(())
    }

    fn add_loss(&mut self, logits: &Tensor, target: &Tensor) -> Result<()> {
        self.losses[0] += self.loss.forward(logits, target).f_double_value(&[])?;
        self.losses[1] += 1.0;
        Ok(())
    }

    /// The scores of all ranks together.
    fn over(mut self, ranks: &dyn Ranks) -> Validation {
        ranks.sum_f64(&mut self.losses);
        self.counts.iter_mut().for_each(|counts| counts.sum(ranks));
        // Classes begin with the background, regions do not.
        let first = usize::from(self.loss.regions().is_none());
        let dice = self.counts[first..].iter().map(Counts::dice).collect();
        Validation { loss: self.losses[0] / self.losses[1].max(1.0), dice }
    }
}

/// Voxels of one class.
#[derive(Clone, Debug, Default)]
struct Counts {
    overlap: i64,
    sum: i64,
}

impl Counts {
    fn add(&mut self, prediction: &Tensor, target: &Tensor) -> Result<()> {
        let count = |mask: &Tensor| -> Result<i64> { Ok(mask.f_sum(Kind::Int64)?.f_int64_value(&[])?) };
        self.overlap += count(&prediction.f_logical_and(target)?)?;
        self.sum += count(prediction)? + count(target)?;
        Ok(())
    }

    /// Counts voxels that are (predicted, true).
    fn add_voxels(&mut self, voxels: impl Iterator<Item = (bool, bool)>) {
        for (predicted, is_true) in voxels {
            self.overlap += i64::from(predicted & is_true);
            self.sum += i64::from(predicted) + i64::from(is_true);
        }
    }

    fn sum(&mut self, ranks: &dyn Ranks) {
        let mut counts = [self.overlap as f64, self.sum as f64]; // exact below 2⁵³ voxels
        ranks.sum_f64(&mut counts);
        [self.overlap, self.sum] = counts.map(|count| count as i64);
    }

    fn dice(&self) -> Option<f64> {
        (self.sum > 0).then(|| 2.0 * self.overlap as f64 / self.sum as f64)
    }
}
