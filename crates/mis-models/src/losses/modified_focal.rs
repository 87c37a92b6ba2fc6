//! The two halves of the unified focal loss.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::Loss;
use super::compared::Compared;
use super::focal::MARGIN;

/// Whether background and foreground are treated alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symmetry {
    /// Alike.
    Symmetric,
    /// Background voxels that are right already count little, foreground voxels never do.
    #[default]
    Asymmetric,
}

/// The modified focal loss, the mean over voxels of `(1 − δ)(1 − p)^γ (−ln p)` where the truth is background and
/// `δ (−ln p)` where it is foreground, p the probability of the true class (Yeung et al. 2021); symmetric, the second
/// has the factor (1 − p)^γ too. For planes and volumes and any number of classes; MIScnn's `symmetric_focal` and
/// `asymmetric_focal`, which are for two classes and wrong in 3-D.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModifiedFocal {
    /// Whether background and foreground are treated alike.
    pub symmetry: Symmetry,
    /// δ, the weight of foreground against background.
    pub delta: f64,
    /// γ of the formula.
    pub gamma: f64,
}

impl Default for ModifiedFocal {
    fn default() -> Self {
        Self { symmetry: Symmetry::default(), delta: 0.7, gamma: 2.0 }
    }
}

impl ModifiedFocal {
    pub(super) fn on(&self, compared: &Compared) -> Tensor {
        let q = compared.q_within(MARGIN);
        let entropy: Tensor = -q.log();
        let easy: Tensor = 1.0 - q;
        let focused = easy.pow_tensor_scalar(self.gamma) * &entropy;
        let foreground = compared.foreground();
        let background: Tensor = 1.0 - &foreground;
        let on_foreground = match self.symmetry {
            Symmetry::Symmetric => &focused,
            Symmetry::Asymmetric => &entropy,
        };
        compared.mean(&(background * (1.0 - self.delta) * &focused + foreground * self.delta * on_foreground))
    }
}

impl Loss for ModifiedFocal {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.on(&Compared::new(logits, target))
    }
}

/// The modified focal Tversky loss, the mean over patches and classes of `(1 − TI)^(1 − γ)`, TI the Tversky index with
/// weight δ of missed voxels and 1 − δ of voxels claimed wrongly (Yeung et al. 2021); asymmetric, the background's term
/// is 1 − TI. MIScnn's `symmetric_focal_tversky` and `asymmetric_focal_tversky` for any number of classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModifiedFocalTversky {
    /// Whether background and foreground are treated alike.
    pub symmetry: Symmetry,
    /// δ, the weight of missed voxels.
    pub delta: f64,
    /// γ of the formula, below 1.
    pub gamma: f64,
}

impl Default for ModifiedFocalTversky {
    fn default() -> Self {
        Self { symmetry: Symmetry::default(), delta: 0.7, gamma: 0.75 }
    }
}

impl ModifiedFocalTversky {
    pub(super) fn on(&self, compared: &Compared) -> Tensor {
        let index = compared.sums().index(self.delta, 1.0 - self.delta, 1e-7); // (batch, class)
        let missing: Tensor = 1.0 - index;
        let missing = missing.clamp_min(MARGIN);
        let focused = missing.pow_tensor_scalar(1.0 - self.gamma);
        let terms = match self.symmetry {
            Symmetry::Symmetric => focused,
            Symmetry::Asymmetric => {
                let first = compared.first_foreground() as i64;
                let background = missing.narrow(1, 0, first);
                Tensor::cat(&[background, focused.narrow(1, first, focused.size()[1] - first)], 1)
            }
        };
        terms.mean(None::<Kind>)
    }
}

impl Loss for ModifiedFocalTversky {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.on(&Compared::new(logits, target))
    }
}
