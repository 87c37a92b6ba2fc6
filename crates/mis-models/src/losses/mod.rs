//! Losses on logits and labels.

mod compared;

mod combo;
mod cross_entropy;
mod dice_cross_entropy;
mod focal;
mod focal_tversky;
mod generalized_dice;
mod hausdorff;
mod jaccard;
mod modified_focal;
mod soft_dice;
mod top_k;
mod tversky;
mod tversky_cross_entropy;
mod unified_focal;
mod weighted_dice;

mod any_loss;
mod deep_supervision;
mod regions;
mod weighted_sum;

#[cfg(test)]
mod tests;

use std::fmt::Debug;

use anyhow::{Result, ensure};
use tch::Tensor;

use crate::Output;

pub use compared::IGNORED;

pub use combo::Combo;
pub use cross_entropy::CrossEntropy;
pub use dice_cross_entropy::DiceCrossEntropy;
pub use focal::Focal;
pub use focal_tversky::FocalTversky;
pub use generalized_dice::GeneralizedDice;
pub use hausdorff::Hausdorff;
pub use jaccard::Jaccard;
pub use modified_focal::{ModifiedFocal, ModifiedFocalTversky, Symmetry};
pub use soft_dice::{DiceOver, SoftDice};
pub use top_k::TopKCrossEntropy;
pub use tversky::Tversky;
pub use tversky_cross_entropy::TverskyCrossEntropy;
pub use unified_focal::UnifiedFocal;
pub use weighted_dice::WeightedDice;

pub use any_loss::AnyLoss;
pub use deep_supervision::DeepSupervision;
pub use regions::Regions;
pub use weighted_sum::{WeightedLoss, WeightedSum};

/// What training makes small: compares a network's logits with the expert's labels.
///
/// A score to be watched alone is a `Loss` that is not back-propagated.
pub trait Loss: Debug + Send + Sync {
    /// The loss as a tensor of one number (`f32`, or `f64` where the logits are), from logits `(batch, class, i, j[, k])`
    /// of any floating kind and a target.
    ///
    /// A target `(batch, i, j[, k])` of kind `Int64` or `Uint8` holds class indices: classes exclude each other, and
    /// probabilities are the softmax. A target `(batch, class, i, j[, k])` holds a mask for each class: classes are
    /// regions that may overlap, and probabilities are the sigmoid. The losses of this crate leave out voxels of class
    /// index [`IGNORED`], and such whose masks are negative.
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor;

    /// The loss from the logits of all heads, finest first, and the target of full extent; by default that of the first
    /// head.
    fn forward_heads(&self, logits: &[Tensor], target: &Tensor) -> Tensor {
        self.forward(&logits[0], target)
    }

    /// Whether the loss looks at more heads than the first.
    fn is_deep(&self) -> bool {
        false
    }

    /// What the logits stand for under this loss.
    fn output(&self) -> Output {
        Output::Softmax
    }

    /// The class indices that make up each output of the network, where outputs are regions and not classes.
    fn regions(&self) -> Option<&[Vec<u8>]> {
        None
    }

    /// Says which value of the loss cannot be for a network of so many outputs: classes, or regions.
    fn check(&self, n_classes: usize) -> Result<()> {
        let _ = n_classes;
        Ok(())
    }
}

fn check_weights(loss: &str, weights: &[f64], n_classes: usize) -> Result<()> {
    ensure!(
        weights.len() == n_classes,
        "{loss}: expected weights of {n_classes} classes, background first, got {}",
        weights.len()
    );
    ensure!(
        weights.iter().all(|&w| w >= 0.0 && w.is_finite()) && weights.iter().any(|&w| w > 0.0),
        "{loss}: weights must be 0 or more and not all 0, got {weights:?}"
    );
    Ok(())
}
