//! Losses of several heads.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{AnyLoss, Loss};
use crate::Output;

/// A loss of every head of a network, against labels as coarse as the head (Lee et al. 2015; nnU-Net's form).
///
/// Labels are made coarser by taking the voxel nearest to the middle of each. Head i weighs 2^−i and the coarsest
/// nothing, scaled to a sum of 1, unless `weights` says otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeepSupervision {
    /// The loss of each head.
    pub loss: Box<AnyLoss>,
    /// The weight of each head, finest first; heads beyond them weigh nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
}

impl DeepSupervision {
    /// nnU-Net's weights.
    pub fn of(loss: impl Into<AnyLoss>) -> Self {
        Self { loss: Box::new(loss.into()), weights: None }
    }

    fn weights(&self, n_heads: usize) -> Vec<f64> {
        if let Some(weights) = &self.weights {
            return weights.clone();
        }
        let n = (n_heads - 1).max(1);
        let weights: Vec<f64> = (0..n).map(|head| 0.5_f64.powi(head as i32)).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    }
}

impl Loss for DeepSupervision {
    /// Of a network of one head it is the loss itself.
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.loss.forward(logits, target)
    }

    fn forward_heads(&self, logits: &[Tensor], target: &Tensor) -> Tensor {
        let heads = logits.iter().zip(self.weights(logits.len())).filter(|(_, weight)| *weight != 0.0);
        let mut terms = heads.map(|(logits, weight)| {
            self.loss.forward(logits, &nearest(target, &logits.size()[2..])) * weight
        });
        let first = terms.next().expect("a checked loss has a head that weighs something");
        terms.fold(first, |sum, term| sum + term)
    }

    fn is_deep(&self) -> bool {
        true
    }

    fn output(&self) -> Output {
        self.loss.output()
    }

    fn regions(&self) -> Option<&[Vec<u8>]> {
        self.loss.regions()
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        if let Some(weights) = &self.weights {
            ensure!(
                weights.iter().all(|w| w.is_finite()) && weights.iter().any(|&w| w > 0.0),
                "deep-supervision: weights must be numbers, one of them positive, got {weights:?}"
            );
        }
        self.loss.check(n_classes).context("deep-supervision")
    }
}

/// Labels or masks at a coarser extent: of each coarse voxel the one nearest to its middle.
fn nearest(target: &Tensor, space: &[i64]) -> Tensor {
    let first_axis = target.dim() as i64 - space.len() as i64;
    let mut target = target.shallow_clone();
    for (axis, &n) in (first_axis..).zip(space) {
        let n_full = target.size()[axis as usize];
        if n != n_full {
            let middle = |idx: i64| ((2 * idx + 1) * n_full / (2 * n)).min(n_full - 1);
            let index: Vec<i64> = (0..n).map(middle).collect();
            target = target.index_select(
                axis,
                &Tensor::from_slice(&index).to_kind(Kind::Int64).to_device(target.device()),
            );
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CrossEntropy;
    use tch::Device;

    #[test]
    fn heads_weigh_half_of_the_finer_one_and_the_coarsest_nothing() {
        let weights = DeepSupervision::of(CrossEntropy::default()).weights(4);
        let expected = [4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0];
        assert!(weights.len() == 3 && weights.iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-12));
    }

    #[test]
    fn a_coarse_label_is_the_one_nearest_to_its_middle() {
        let fine = Tensor::arange(8, (Kind::Int64, Device::Cpu)).view([1, 8, 1]);
        let coarse = |n: i64| Vec::<i64>::try_from(nearest(&fine, &[n, 1]).flatten(0, -1)).unwrap();
        assert_eq!(coarse(4), [1, 3, 5, 7]);
        assert_eq!(coarse(2), [2, 6]);
    }

    #[test]
    fn the_loss_is_the_weighted_sum_of_the_heads() {
        let target = Tensor::randint(2, [1, 4, 4, 4], (Kind::Int64, Device::Cpu));
        let logits = |n: i64| Tensor::randn([1, 2, n, n, n], (Kind::Float, Device::Cpu));
        let heads = [logits(4), logits(2), logits(1)];
        let of =
            |head: usize, n: i64| CrossEntropy::default().forward(&heads[head], &nearest(&target, &[n; 3]));
        let expected = (of(0, 4) * 2.0 + of(1, 2)) / 3.0;
        let found = DeepSupervision::of(CrossEntropy::default()).forward_heads(&heads, &target);
        assert!((found - expected).abs().double_value(&[]) < 1e-6);
    }
}
