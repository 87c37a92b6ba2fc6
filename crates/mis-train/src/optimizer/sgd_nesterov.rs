//! Stochastic gradient descent with Nesterov momentum.

use anyhow::Result;
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
    /// `g ← g + λ w; b ← μ b + g; w ← w − rate (g + μ b)` with b in `slots`; no gradient is tracked.
    pub(super) fn step(
        &self,
        weight: &mut Tensor,
        gradient: &Tensor,
        slots: &mut [Tensor],
        learning_rate: f64,
    ) -> Result<()> {
        let [momentum] = slots else { unreachable!("SGD keeps one slot") };
        let mut gradient = gradient + &*weight * self.weight_decay;
        let _ = momentum.f_mul_scalar_(self.momentum)?.f_add_(&gradient)?;
        let _ = gradient.f_add_(&(&*momentum * self.momentum))?;
        let _ = weight.f_sub_(&gradient.f_mul_scalar_(learning_rate)?)?;
        Ok(())
    }
}
