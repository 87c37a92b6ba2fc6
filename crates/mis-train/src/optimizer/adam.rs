//! Adam.

use anyhow::{Result, ensure};
use mis_models::tch::Tensor;
use serde::{Deserialize, Serialize};

/// Adam (Kingma & Ba 2015); the default is MIScnn's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adam {
    /// Size of a step.
    pub learning_rate: f64,
    /// Memory of the mean gradient.
    pub beta1: f64,
    /// Memory of the mean squared gradient.
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { learning_rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }
    }
}

impl Adam {
    pub(super) fn check(&self) -> Result<()> {
        let &Self { beta1, beta2, epsilon, .. } = self;
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            ensure!((0.0..1.0).contains(&beta), "adam: {name} must be in [0, 1), got {beta}");
        }
        ensure!(epsilon > 0.0, "adam: epsilon must be positive, got {epsilon}");
        Ok(())
    }

    /// `w ← w − rate · m̂ / (√v̂ + ε)` with bias-corrected moments m̂, v̂ in `slots`; no gradient is tracked.
    pub(super) fn step(
        &self,
        weight: &mut Tensor,
        gradient: &mut Tensor,
        slots: &mut [Tensor],
        n_steps: u64,
        learning_rate: f64,
    ) -> Result<()> {
        let [mean, square] = slots else { unreachable!("Adam keeps two slots") };
        let _ = mean.f_lerp_(gradient, 1.0 - self.beta1)?;
        let _ = square.f_lerp_(&gradient.f_square()?, 1.0 - self.beta2)?;
        let correction = |beta: f64| 1.0 - beta.powf(n_steps as f64);
        let scale = correction(self.beta2).sqrt();
        let divisor = square.f_sqrt()?.f_div_scalar_(scale)?.f_add_scalar_(self.epsilon)?;
        let step = mean.f_div(&divisor)?.f_mul_scalar_(-learning_rate / correction(self.beta1))?;
        let _ = weight.f_add_(&step)?;
        Ok(())
    }
}
