//! Losses on logits and class indices.

mod any_loss;
mod class_sums;
mod cross_entropy;
mod dice_cross_entropy;
mod soft_dice;
mod tversky;

#[cfg(test)]
mod reference;

use std::fmt::Debug;

use tch::Tensor;

pub use any_loss::AnyLoss;
pub use cross_entropy::CrossEntropy;
pub use dice_cross_entropy::DiceCrossEntropy;
pub use soft_dice::{DiceOver, SoftDice};
pub use tversky::Tversky;

/// What training makes small: compares a network's logits with the expert's labels.
///
/// A score to be watched alone is a `Loss` that is not back-propagated.
pub trait Loss: Debug + Send + Sync {
    /// The loss as a tensor of one `f32`, from logits `(batch, class, i, j[, k])` of any floating kind and class
    /// indices `(batch, i, j[, k])` of kind `Int64`.
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor;
}
