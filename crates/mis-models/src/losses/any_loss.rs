//! The losses that an experiment file can name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{CrossEntropy, DiceCrossEntropy, Loss, SoftDice, Tversky};

/// A loss of an experiment: one of the framework's, named in a file, or one of the user's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum AnyLoss {
    /// The Tversky loss.
    Tversky(Tversky),
    /// Soft Dice.
    SoftDice(SoftDice),
    /// Cross-entropy.
    CrossEntropy(CrossEntropy),
    /// Soft Dice and cross-entropy together.
    DiceCrossEntropy(DiceCrossEntropy),
    /// A loss of the user's own, which a file cannot hold.
    #[serde(skip)]
    Custom(Arc<dyn Loss>),
}
mis_core::named_choice!(AnyLoss);

impl Loss for AnyLoss {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let loss: &dyn Loss = match self {
            Self::Tversky(loss) => loss,
            Self::SoftDice(loss) => loss,
            Self::CrossEntropy(loss) => loss,
            Self::DiceCrossEntropy(loss) => loss,
            Self::Custom(loss) => loss.as_ref(),
        };
        loss.forward(logits, target)
    }
}

impl From<Tversky> for AnyLoss {
    fn from(loss: Tversky) -> Self {
        Self::Tversky(loss)
    }
}

impl From<SoftDice> for AnyLoss {
    fn from(loss: SoftDice) -> Self {
        Self::SoftDice(loss)
    }
}

impl From<CrossEntropy> for AnyLoss {
    fn from(loss: CrossEntropy) -> Self {
        Self::CrossEntropy(loss)
    }
}

impl From<DiceCrossEntropy> for AnyLoss {
    fn from(loss: DiceCrossEntropy) -> Self {
        Self::DiceCrossEntropy(loss)
    }
}
