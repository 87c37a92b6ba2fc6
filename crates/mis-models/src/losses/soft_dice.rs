//! Soft Dice.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::Loss;
use super::compared::{ClassSums, Compared};

/// What Dice is formed of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiceOver {
    /// Sums over each patch and class, then the mean: small structures count in every patch.
    #[default]
    Patch,
    /// Sums over the whole batch, class by class: steadier where a class is absent from most patches.
    Batch,
    /// One sum over all patches and classes: large classes count more.
    Everything,
}

impl DiceOver {
    pub(super) fn of(self, sums: ClassSums) -> ClassSums {
        match self {
            Self::Patch => sums,
            Self::Batch => sums.over_batch(),
            Self::Everything => sums.over_all(),
        }
    }
}

/// One minus the soft Dice, `1 − mean (2 Σyp + s) / (Σy + Σp + s)` over classes and patches, of probabilities p
/// (Milletari et al. 2016).
///
/// The default counts all classes, background included, with s = 1e-5: one minus MIScnn's `dice_soft`; over
/// everything it is one minus its `dice_coefficient`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SoftDice {
    /// Whether the background is one of the classes averaged over. Regions have none.
    pub background: bool,
    /// What Dice is formed of.
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

    pub(super) fn on(&self, compared: &Compared) -> Tensor {
        let first = if self.background { 0 } else { compared.first_foreground() };
        let dice = self.over.of(compared.sums().starting_at(first)).index(0.5, 0.5, self.smooth / 2.0);
        1.0 - dice.mean(compared.kind())
    }
}

impl Loss for SoftDice {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.on(&Compared::new(logits, target))
    }
}
