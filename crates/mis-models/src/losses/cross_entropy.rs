//! Cross-entropy.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::Loss;
use super::class_sums::log_probabilities;

/// −ln of the probability given to the true class, as the mean over all voxels of the batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrossEntropy {}

impl CrossEntropy {
    /// The loss from log-probabilities `(batch, class, space…)`, for losses that have them already.
    pub(super) fn on_log_probabilities(log_p: &Tensor, target: &Tensor) -> Tensor {
        -log_p.gather(1, &target.unsqueeze(1), false).mean(Kind::Float)
    }
}

impl Loss for CrossEntropy {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        Self::on_log_probabilities(&log_probabilities(logits), target)
    }
}
