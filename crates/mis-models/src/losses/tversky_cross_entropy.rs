//! Tversky and cross-entropy together.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::{CrossEntropy, Loss, Tversky};

/// The sum of the Tversky loss and cross-entropy: MIScnn's `tversky_crossentropy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TverskyCrossEntropy {
    /// The Tversky term.
    pub tversky: Tversky,
    /// The cross-entropy term.
    pub cross_entropy: CrossEntropy,
}

impl Loss for TverskyCrossEntropy {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        self.tversky.on(&compared) + self.cross_entropy.on(&compared)
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        self.cross_entropy.check(n_classes)
    }
}
