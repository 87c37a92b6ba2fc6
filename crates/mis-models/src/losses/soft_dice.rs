//! Soft Dice.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::Loss;
use super::class_sums::{ClassSums, log_probabilities};

/// Whether Dice is formed of each patch or of the batch as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiceOver {
    /// Sums over each patch, then the mean over patches: small structures count in every patch.
    #[default]
    Patch,
    /// Sums over the whole batch: steadier where a class is absent from most patches.
    Batch,
}

/// One minus the soft Dice, `1 − mean (2 Σyp + s) / (Σy + Σp + s)` over classes and patches, of softmax probabilities
/// `p` (Milletari et al. 2016).
///
/// The default counts all classes, background included, with s = 1e-5: one minus MIScnn's `dice_soft`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SoftDice {
    /// Whether the background is one of the classes averaged over.
    pub background: bool,
    /// Whether Dice is formed of each patch or of the batch as one.
    pub over: DiceOver,
    /// s of the formula: what an absent class counts.
    pub smooth: f64,
}

impl Default for SoftDice {
    fn default() -> Self {
        Self { background: true, over: DiceOver::Patch, smooth: 1e-5 }
    }
}

impl SoftDice {
    /// nnU-Net's: background left out.
    #[must_use]
    pub fn foreground() -> Self {
        Self { background: false, ..Self::default() }
    }

    /// The loss from log-probabilities `(batch, class, space…)`, for losses that have them already.
    pub(super) fn on_log_probabilities(&self, log_p: &Tensor, target: &Tensor) -> Tensor {
        let ClassSums { overlap, target, predicted } = ClassSums::new(log_p, target);
        let over_batch = |sums: Tensor| match self.over {
            DiceOver::Patch => sums,
            DiceOver::Batch => sums.sum_dim_intlist([0_i64].as_slice(), true, Kind::Float),
        };
        let sum = over_batch(target + predicted) + self.smooth;
        let dice = (over_batch(overlap) * 2.0 + self.smooth) / sum; // (batch or 1, class)
        let first = i64::from(!self.background);
        1.0 - dice.narrow(1, first, dice.size()[1] - first).mean(Kind::Float)
    }
}

impl Loss for SoftDice {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.on_log_probabilities(&log_probabilities(logits), target)
    }
}
