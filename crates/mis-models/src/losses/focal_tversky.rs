//! The focal Tversky loss.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::focal::MARGIN;
use super::{DiceOver, Loss};

/// The mean over classes and patches of `(1 − TI)^γ`, TI the Tversky index with weight δ of missed voxels and 1 − δ of
/// voxels claimed wrongly: classes that are found already count little (Abraham & Khan 2019). With the default
/// δ = 0.7, γ = 0.75, s = 1e-6 it is MIScnn's `focal_tversky`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FocalTversky {
    /// δ, the weight of missed voxels.
    pub delta: f64,
    /// γ of the formula; below 1 it steepens the loss near its minimum.
    pub gamma: f64,
    /// What the index is formed of.
    pub over: DiceOver,
    /// What an absent class counts.
    pub smooth: f64,
}

impl Default for FocalTversky {
    fn default() -> Self {
        Self { delta: 0.7, gamma: 0.75, over: DiceOver::Patch, smooth: 1e-6 }
    }
}

impl Loss for FocalTversky {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let index = self.over.of(compared.sums()).index(self.delta, 1.0 - self.delta, self.smooth);
        let missing: Tensor = 1.0 - index;
        missing.clamp_min(MARGIN).pow_tensor_scalar(self.gamma).mean(compared.kind())
    }
}
