//! The combo loss.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::{DiceOver, Loss};

/// Weighted cross-entropy less the Dice coefficient over everything, `α · mean β_y (−ln p_y) − (1 − α) · Dice`
/// (Taghanaki et al. 2019), with β_y = β for the background and 1 − β for the foreground. What MIScnn's `combo` was
/// meant to be, for any number of classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Combo {
    /// α, the part of the cross-entropy.
    pub alpha: f64,
    /// β, the weight of the background.
    pub beta: f64,
    /// What the Dice of nothing counts.
    pub smooth: f64,
}

impl Default for Combo {
    fn default() -> Self {
        Self { alpha: 0.5, beta: 0.5, smooth: 1e-5 }
    }
}

impl Loss for Combo {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let foreground = compared.foreground();
        let weights = &foreground * (1.0 - self.beta) + (1.0 - &foreground) * self.beta;
        let entropy = -compared.mean(&(compared.log_q() * weights));
        let dice = DiceOver::Everything.of(compared.sums()).index(0.5, 0.5, self.smooth / 2.0);
        entropy * self.alpha - dice.mean(compared.kind()) * (1.0 - self.alpha)
    }
}
