//! Dice with a weight for each class.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::compared::Compared;
use super::{DiceOver, Loss, check_weights};

/// One minus the weighted mean of the classes' soft Dice, `1 − mean_b Σ_c w_c D_bc / Σ_c w_c`.
///
/// MIScnn's `dice_weighted` is the vector −w_c D_bc; this is its mean, on the scale of [`SoftDice`](crate::SoftDice).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WeightedDice {
    /// A weight for each class, background first.
    pub weights: Vec<f64>,
    /// What Dice is formed of.
    #[serde(default)]
    pub over: DiceOver,
    /// What an absent class counts.
    #[serde(default = "smooth")]
    pub smooth: f64,
}

fn smooth() -> f64 {
    1e-5
}

impl WeightedDice {
    /// These weights, background first.
    #[must_use]
    pub fn new(weights: &[f64]) -> Self {
        Self { weights: weights.to_vec(), over: DiceOver::Patch, smooth: smooth() }
    }
}

impl Loss for WeightedDice {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let dice = self.over.of(compared.sums()).index(0.5, 0.5, self.smooth / 2.0); // (batch or 1, class)
        let sum: f64 = self.weights.iter().sum();
        let weights: Vec<f64> = self.weights.iter().map(|weight| weight / sum).collect();
        let weights = Tensor::from_slice(&weights).to_kind(dice.kind()).to_device(dice.device());
        1.0 - (dice * weights).sum_dim_intlist([1_i64].as_slice(), false, None::<Kind>).mean(compared.kind())
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        check_weights("weighted-dice", &self.weights, n_classes)
    }
}
