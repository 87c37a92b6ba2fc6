//! The Tversky loss.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::Loss;
use super::compared::Compared;

/// The number of classes less the sum of their Tversky indices, `C − Σ_c (TP + s) / (TP + α FN + β FP + s)`, as the
/// mean over the patches of a batch (Salehi et al. 2017).
///
/// TP, FN and FP are soft counts, background included; the value lies in [0, C]. α over β asks for sensitivity, β over
/// α for precision; at ½ and ½, the default and MIScnn's, it is Dice. s = 1e-6.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tversky {
    /// Weight of missed voxels (false negatives).
    pub alpha: f64,
    /// Weight of voxels claimed wrongly (false positives).
    pub beta: f64,
    /// s of the formula: what an absent class counts.
    pub smooth: f64,
}

impl Default for Tversky {
    fn default() -> Self {
        Self { alpha: 0.5, beta: 0.5, smooth: 1e-6 }
    }
}

impl Tversky {
    pub(super) fn on(&self, compared: &Compared) -> Tensor {
        let missing: Tensor = 1.0 - compared.sums().index(self.alpha, self.beta, self.smooth); // (batch, class)
        missing.sum_dim_intlist([1_i64].as_slice(), false, None::<Kind>).mean(compared.kind())
    }
}

impl Loss for Tversky {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.on(&Compared::new(logits, target))
    }
}
