//! What ranks that train together bring to the same.

use anyhow::Result;
use mis_models::Model;
use mis_models::tch::{self, Tensor};

use super::Ranks;
use crate::optimizer::Optimizer;
use crate::tensors;

/// Replaces each rank's gradients by their sum over all ranks, as one flat buffer. A rank without a batch has none and
/// gets all; a weight that no rank's loss depends on keeps none.
///
/// It follows the backward pass instead of overlapping it: of two processes on one machine of two cores it takes 2 ms of
/// the 400 ms of a step of 1.4 million weights, and 75 ms of the 4 s of one of 16.5 million.
pub(crate) fn sum_gradients(
    ranks: &dyn Ranks,
    optimizer: &Optimizer,
    gradients: &mut Vec<Tensor>,
) -> Result<()> {
    if ranks.n() == 1 {
        return Ok(());
    }
    let _no_grad = tch::no_grad_guard();
    let weights: Vec<&Tensor> = optimizer.weights().collect();
    let is_there = |idx: usize| gradients.get(idx).is_some_and(Tensor::defined);
    let mut n_with: Vec<f64> = (0..weights.len()).map(|idx| f64::from(u8::from(is_there(idx)))).collect();
    ranks.sum_f64(&mut n_with);
    let mut own = Vec::with_capacity(weights.len());
    for (idx, weight) in weights.iter().enumerate() {
        own.push(if is_there(idx) { gradients[idx].shallow_clone() } else { weight.f_zeros_like()? });
    }
    sum_tensors(ranks, &mut own)?;
    *gradients =
        own.into_iter().zip(n_with).map(|(sum, n)| if n > 0.0 { sum } else { Tensor::new() }).collect();
    Ok(())
}

/// Replaces what a model keeps besides its trained weights, such as the running statistics of batch norm, by its mean
/// over the ranks.
pub(crate) fn mean_statistics(ranks: &dyn Ranks, model: &Model) -> Result<()> {
    if ranks.n() == 1 {
        return Ok(());
    }
    let _no_grad = tch::no_grad_guard();
    let kept = model.variables().into_values().filter(|tensor| !tensor.requires_grad());
    let mut kept: Vec<Tensor> = kept.collect();
    let mut sums: Vec<Tensor> = kept.iter().map(Tensor::shallow_clone).collect();
    sum_tensors(ranks, &mut sums)?;
    for (kept, sum) in kept.iter_mut().zip(sums) {
        kept.f_copy_(&sum.f_div_scalar(ranks.n() as f64)?)?;
    }
    Ok(())
}

/// Replaces tensors by new ones of their sums.
fn sum_tensors(ranks: &dyn Ranks, own: &mut [Tensor]) -> Result<()> {
    if own.is_empty() {
        return Ok(());
    }
    let flat: Vec<Tensor> = own.iter().map(|tensor| tensor.f_flatten(0, -1)).collect::<Result<_, _>>()?;
    let mut sums = tensors::values(&Tensor::f_cat(&flat, 0)?)?;
    ranks.sum_f32(&mut sums);
    let mut at = 0;
    for tensor in own {
        let n = tensor.numel();
        let sum = Tensor::f_from_slice(&sums[at..at + n])?.f_reshape(tensor.size())?;
        *tensor = sum.f_to_device(tensor.device())?.f_to_kind(tensor.kind())?;
        at += n;
    }
    Ok(())
}
