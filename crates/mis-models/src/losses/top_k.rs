//! Cross-entropy of the hardest voxels.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::Loss;
use super::compared::Compared;

/// The mean cross-entropy of the hardest voxels of a batch (Wu et al. 2016); nnU-Net offers it with a tenth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TopKCrossEntropy {
    /// The fraction of all voxels that counts, in (0, 1].
    pub fraction: f64,
}

impl Default for TopKCrossEntropy {
    fn default() -> Self {
        Self { fraction: 0.1 }
    }
}

impl Loss for TopKCrossEntropy {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let terms: Tensor = -compared.known_or_zero(compared.log_q());
        let n_of_voxel = terms.size()[1];
        let n = ((compared.n_known() * n_of_voxel) as f64 * self.fraction) as i64;
        let (hardest, _) = terms.flatten(0, -1).topk(n.max(1), 0, true, false);
        hardest.mean(compared.kind())
    }

    fn check(&self, _: usize) -> Result<()> {
        ensure!(
            self.fraction > 0.0 && self.fraction <= 1.0,
            "top-k-cross-entropy: fraction must be in (0, 1], got {}",
            self.fraction
        );
        Ok(())
    }
}
