//! Adam with weight decay of its own.

use anyhow::{Result, ensure};
use mis_models::tch::Tensor;
use serde::{Deserialize, Serialize};

use super::Adam;

/// Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019); the default is PyTorch's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdamW {
    /// Size of a step.
    pub learning_rate: f64,
    /// Memory of the mean gradient.
    pub beta1: f64,
    /// Memory of the mean squared gradient.
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
    /// Fraction of a weight taken away at each step, times the learning rate.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 }
    }
}

impl AdamW {
    fn adam(&self) -> Adam {
        let &Self { learning_rate, beta1, beta2, epsilon, .. } = self;
        Adam { learning_rate, beta1, beta2, epsilon }
    }

    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.weight_decay >= 0.0,
            "adam-w: weight-decay must be 0 or more, got {}",
            self.weight_decay
        );
        self.adam().check()
    }

    /// `w ← w (1 − λ rate)`, then Adam's step.
    pub(super) fn step(
        &self,
        weight: &mut Tensor,
        gradient: &mut Tensor,
        slots: &mut [Tensor],
        n_steps: u64,
        learning_rate: f64,
    ) -> Result<()> {
        let _ = weight.f_mul_scalar_(1.0 - self.weight_decay * learning_rate)?;
        self.adam().step(weight, gradient, slots, n_steps, learning_rate)
    }
}
