//! Cross-entropy.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::{Loss, check_weights};

/// −ln of the probability given to what is true, as the mean over all voxels of the batch; with weights
/// `Σ w_y (−ln p_y) / Σ w_y`, as PyTorch has it. Of regions it is the binary cross-entropy, averaged over regions too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CrossEntropy {
    /// A weight for each class, background first; none is 1 for all.
    pub weights: Option<Vec<f64>>,
}

impl CrossEntropy {
    pub(super) fn on(&self, compared: &Compared) -> Tensor {
        let weights = self.weights.as_ref().map(|weights| compared.by_class(weights));
        -compared.weighted_mean(compared.log_q(), weights.as_ref())
    }
}

impl Loss for CrossEntropy {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.on(&Compared::new(logits, target))
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        self.weights.as_ref().map_or(Ok(()), |weights| check_weights("cross-entropy", weights, n_classes))
    }
}
