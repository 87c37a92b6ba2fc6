//! Scores of the validation patches during training.

use anyhow::{Context as _, Result};
use mis_core::BatchSource;
use mis_models::tch::{self, Kind, Tensor};
use mis_models::{Loss, Model};

use crate::{Precision, Ranks, Validation, tensors};

/// Loss and Dice per foreground class, or region, over the patches of `source`'s epoch 0: the same patches each time.
/// Ranks share the batches and come to the same.
pub(crate) fn validate(
    model: &Model,
    loss: &dyn Loss,
    source: &dyn BatchSource,
    precision: Precision,
    ranks: &dyn Ranks,
) -> Result<Validation> {
    let _no_grad = tch::no_grad_guard();
    let device = model.store.device();
    let kind = precision.kind(device);
    let mut counts = vec![Counts::default(); model.spec.n_classes];
    let mut losses = [0.0, 0.0]; // sum, number
    for (number, batch) in source.epoch(0).enumerate() {
        let batch = batch?;
        if !ranks.does(number) {
            continue;
        }
        let labels = batch.labels().context("validation needs labels")?;
        let images = tensors::images(batch.images(), model.spec.dims, device, kind)?;
        let target = tensors::target(labels, model.spec.dims, device)?;
        let logits = model.net.forward_t(&images, false);
        losses[0] += loss.forward(&logits, &target).f_double_value(&[])?;
        losses[1] += 1.0;
        if let Some(regions) = loss.regions() {
            for ((region, classes), counts) in (0_i64..).zip(regions).zip(&mut counts) {
                let mut inside = target.f_eq(i64::from(classes[0]))?;
                for &class in &classes[1..] {
                    inside = inside.f_logical_or(&target.f_eq(i64::from(class))?)?;
                }
                counts.add(&logits.f_select(1, region)?.f_ge(0.0)?, &inside)?;
            }
        } else {
            let prediction = logits.f_argmax(1, false)?;
            for (class, counts) in (0_i64..).zip(&mut counts) {
                counts.add(&prediction.f_eq(class)?, &target.f_eq(class)?)?;
            }
        }
    }
    ranks.sum_f64(&mut losses);
    counts.iter_mut().for_each(|counts| counts.sum(ranks));
    // Classes begin with the background, regions do not.
    let first = usize::from(loss.regions().is_none());
    let dice = counts[first..].iter().map(Counts::dice).collect();
    Ok(Validation { loss: losses[0] / losses[1].max(1.0), dice })
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

    fn sum(&mut self, ranks: &dyn Ranks) {
        let mut counts = [self.overlap as f64, self.sum as f64]; // exact below 2⁵³ voxels
        ranks.sum_f64(&mut counts);
        [self.overlap, self.sum] = counts.map(|count| count as i64);
    }

    fn dice(&self) -> Option<f64> {
        (self.sum > 0).then(|| 2.0 * self.overlap as f64 / self.sum as f64)
    }
}
