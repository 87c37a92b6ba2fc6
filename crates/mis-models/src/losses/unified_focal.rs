//! The unified focal loss.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::{Loss, ModifiedFocal, ModifiedFocalTversky, Symmetry};

/// The unified focal loss, `λ · modified focal Tversky + (1 − λ) · modified focal` with δ and γ in common (Yeung et al.
/// 2021). The default λ = 0.5, δ = 0.6, γ = 0.5 is MIScnn's `asym_unified_focal`, symmetric its `sym_unified_focal`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UnifiedFocal {
    /// Whether background and foreground are treated alike.
    pub symmetry: Symmetry,
    /// λ, the part of the focal Tversky loss, in [0, 1].
    pub lambda: f64,
    /// δ, the weight of foreground and of missed voxels.
    pub delta: f64,
    /// γ of both, below 1.
    pub gamma: f64,
}

impl Default for UnifiedFocal {
    fn default() -> Self {
        Self { symmetry: Symmetry::default(), lambda: 0.5, delta: 0.6, gamma: 0.5 }
    }
}

impl Loss for UnifiedFocal {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let &Self { symmetry, lambda, delta, gamma } = self;
        let compared = Compared::new(logits, target);
        let of_sums = ModifiedFocalTversky { symmetry, delta, gamma }.on(&compared);
        let of_voxels = ModifiedFocal { symmetry, delta, gamma }.on(&compared);
        of_sums * lambda + of_voxels * (1.0 - lambda)
    }

    fn check(&self, _: usize) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.lambda) && (0.0..1.0).contains(&self.gamma),
            "unified-focal: lambda must be in [0, 1] and gamma in [0, 1), got {} and {}",
            self.lambda,
            self.gamma
        );
        Ok(())
    }
}
