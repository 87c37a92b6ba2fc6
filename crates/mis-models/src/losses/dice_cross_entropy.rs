//! Soft Dice and cross-entropy together.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::{CrossEntropy, Loss, SoftDice};

/// The sum of soft Dice and cross-entropy.
///
/// The default is MIScnn's `dice_crossentropy`; with `dice` as [`SoftDice::foreground`] it is nnU-Net's loss plus one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiceCrossEntropy {
    /// The Dice term.
    pub dice: SoftDice,
    /// The cross-entropy term.
    pub cross_entropy: CrossEntropy,
}

impl DiceCrossEntropy {
    /// nnU-Net's loss plus one: background left out of the Dice term.
    #[must_use]
    pub fn foreground() -> Self {
        Self { dice: SoftDice::foreground(), ..Self::default() }
    }
}

impl Loss for DiceCrossEntropy {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        self.dice.on(&compared) + self.cross_entropy.on(&compared)
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        self.cross_entropy.check(n_classes)
    }
}
