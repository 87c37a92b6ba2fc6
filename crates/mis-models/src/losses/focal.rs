//! The focal loss.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::{Loss, check_weights};

/// Cross-entropy in which voxels that are right already count little, the mean over voxels of `α_y (1 − p_y)^γ (−ln p_y)`
/// (Lin et al. 2017). With equal α it is MIScnn's `categorical_focal`. Of regions p_y is the probability of what is
/// true of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Focal {
    /// α of each class, background first; none is 1 for all.
    pub alpha: Option<Vec<f64>>,
    /// γ, how little: 0 is cross-entropy.
    pub gamma: f64,
}

impl Default for Focal {
    fn default() -> Self {
        Self { alpha: None, gamma: 2.0 }
    }
}

/// How near to 0 and 1 probabilities come in a power or logarithm, as in MIScnn.
pub(super) const MARGIN: f64 = 1e-7;

impl Loss for Focal {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let q = compared.q_within(MARGIN);
        let easy: Tensor = 1.0 - &q;
        let mut terms = easy.pow_tensor_scalar(self.gamma) * -q.log();
        if let Some(alpha) = &self.alpha {
            terms *= compared.by_class(alpha);
        }
        compared.mean(&terms)
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        ensure!(self.gamma >= 0.0, "focal: gamma must be 0 or more, got {}", self.gamma);
        self.alpha.as_ref().map_or(Ok(()), |alpha| check_weights("focal", alpha, n_classes))
    }
}
