//! Soft Dice and cross-entropy together.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::class_sums::log_probabilities;
use super::{CrossEntropy, Loss, SoftDice};

/// The sum of soft Dice and cross-entropy.
///
/// The default is MIScnn's `dice_crossentropy`; with `dice` as [`SoftDice::foreground`] it is nnU-Net's loss plus one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiceCrossEntropy {
    /// The Dice term.
    pub dice: SoftDice,
}

impl Loss for DiceCrossEntropy {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let log_p = log_probabilities(logits);
        self.dice.on_log_probabilities(&log_p, target) + CrossEntropy::on_log_probabilities(&log_p, target)
    }
}
