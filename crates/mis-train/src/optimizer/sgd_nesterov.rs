//! Stochastic gradient descent with Nesterov momentum.

use anyhow::{Result, ensure};
use mis_models::tch::Tensor;
use serde::{Deserialize, Serialize};

/// Stochastic gradient descent with Nesterov momentum; the default is nnU-Net's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SgdNesterov {
    /// Size of a step.
    pub learning_rate: f64,
    /// Memory of earlier steps.
    pub momentum: f64,
    /// Added to the gradient, times the weight.
    pub weight_decay: f64,
}

impl Default for SgdNesterov {
    fn default() -> Self {
        Self { learning_rate: 0.01, momentum: 0.99, weight_decay: 3e-5 }
    }
}

impl SgdNesterov {
    pub(super) fn check(&self) -> Result<()> {
        let &Self { momentum, weight_decay, .. } = self;
        ensure!((0.0..1.0).contains(&momentum), "sgd-nesterov: momentum must be in [0, 1), got {momentum}");
        ensure!(weight_decay >= 0.0, "sgd-nesterov: weight-decay must be 0 or more, got {weight_decay}");
        Ok(())
    }

    /// `g ← g + λ w; b ← μ b + g; w ← w − rate (g + μ b)`; no gradient is tracked.
    ///
    /// Each line is one pass over memory when it is a weighted mean: with G = (g + λ w) / (1 + λ) and the slot
    /// B = b (1 − μ) / (1 + λ) it is `G ← mean(g, w); B ← mean(B, G); G ← mean(G, B); w ← w − c G`.
    pub(super) fn step(
        &self,
        weight: &mut Tensor,
        gradient: &mut Tensor,
        slots: &mut [Tensor],
        learning_rate: f64,
    ) -> Result<()> {
        let [mean] = slots else { unreachable!("SGD keeps one slot") };
        let &Self { momentum, weight_decay, .. } = self;
        if weight_decay > 0.0 {
            let _ = gradient.f_lerp_(weight, weight_decay / (1.0 + weight_decay))?;
        }
        let _ = mean.f_lerp_(gradient, 1.0 - momentum)?;
        let _ = gradient.f_lerp_(mean, momentum)?;
        let scale = -learning_rate * (1.0 + weight_decay) / (1.0 - momentum);
        let scale = Tensor::f_full([], scale, (weight.kind(), weight.device()))?;
        let _ = weight.f_addcmul_(gradient, &scale)?;
        Ok(())
    }
}
