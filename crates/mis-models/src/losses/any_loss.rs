//! The losses that an experiment file can name.

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{
    Combo, CrossEntropy, DeepSupervision, DiceCrossEntropy, Focal, FocalTversky, GeneralizedDice, Hausdorff,
    Jaccard, Loss, ModifiedFocal, ModifiedFocalTversky, Regions, SoftDice, TopKCrossEntropy, Tversky,
    TverskyCrossEntropy, UnifiedFocal, WeightedDice, WeightedSum,
};
use crate::Output;

macro_rules! any_loss {
    ($($(#[$doc:meta])+ $loss:ident($of:ident)),+ $(,)?) => {
        /// A loss of an experiment: one of the framework's, named in a file, or one of the user's own.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(remote = "Self", rename_all = "kebab-case")]
        pub enum AnyLoss {
            $($(#[$doc])+ $loss($of),)+
            /// A loss of the user's own, which a file cannot hold.
            #[serde(skip)]
            Custom(Arc<dyn Loss>),
        }
        mis_core::named_choice!(AnyLoss);

        impl AnyLoss {
            fn as_loss(&self) -> &dyn Loss {
                match self {
                    $(Self::$loss(loss) => loss,)+
                    Self::Custom(loss) => loss.as_ref(),
                }
            }
        }

        $(impl From<$of> for AnyLoss {
            fn from(loss: $of) -> Self {
                Self::$loss(loss)
            }
        })+
    };
}

any_loss! {
    /// The Tversky loss.
    Tversky(Tversky),
    /// Tversky and cross-entropy together.
    TverskyCrossEntropy(TverskyCrossEntropy),
    /// Soft Dice.
    SoftDice(SoftDice),
    /// Dice with a weight for each class.
    WeightedDice(WeightedDice),
    /// Dice in which every class counts alike.
    GeneralizedDice(GeneralizedDice),
    /// Soft Dice and cross-entropy together.
    DiceCrossEntropy(DiceCrossEntropy),
    /// Intersection over union.
    Jaccard(Jaccard),
    /// Cross-entropy.
    CrossEntropy(CrossEntropy),
    /// Cross-entropy of the hardest voxels.
    TopKCrossEntropy(TopKCrossEntropy),
    /// The focal loss.
    Focal(Focal),
    /// The focal Tversky loss.
    FocalTversky(FocalTversky),
    /// The focal loss of the unified focal loss.
    ModifiedFocal(ModifiedFocal),
    /// The focal Tversky loss of the unified focal loss.
    ModifiedFocalTversky(ModifiedFocalTversky),
    /// The unified focal loss.
    UnifiedFocal(UnifiedFocal),
    /// Cross-entropy less Dice.
    Combo(Combo),
    /// The Hausdorff distance by erosion.
    Hausdorff(Hausdorff),
    /// Several losses together.
    Sum(WeightedSum),
    /// A loss of overlapping regions.
    Regions(Regions),
    /// A loss of every head of the network.
    DeepSupervision(DeepSupervision),
}

impl Loss for AnyLoss {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.as_loss().forward(logits, target)
    }

    fn forward_heads(&self, logits: &[Tensor], target: &Tensor) -> Tensor {
        self.as_loss().forward_heads(logits, target)
    }

    fn is_deep(&self) -> bool {
        self.as_loss().is_deep()
    }

    fn output(&self) -> Output {
        self.as_loss().output()
    }

    fn regions(&self) -> Option<&[Vec<u8>]> {
        self.as_loss().regions()
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        self.as_loss().check(n_classes)
    }
}
