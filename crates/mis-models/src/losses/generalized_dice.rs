//! Generalized Dice.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::Loss;
use super::compared::Compared;

/// One minus the generalized Dice, `1 − mean_b (2 Σ_c w_c Σyp + s) / (Σ_c w_c (Σy + Σp) + s)` with w_c = 1 / (Σy)²:
/// every class counts alike, however small it is (Sudre et al. 2017). s = 1e-5.
///
/// A class that is absent from a patch has there the largest weight of those that are present.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GeneralizedDice {
    /// Whether the background is one of the classes. Regions have none.
    pub background: bool,
    /// s of the formula.
    pub smooth: f64,
}

impl Default for GeneralizedDice {
    fn default() -> Self {
        Self { background: true, smooth: 1e-5 }
    }
}

impl Loss for GeneralizedDice {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let first = if self.background { 0 } else { compared.first_foreground() };
        let sums = compared.sums().starting_at(first);
        let absent = sums.target.eq(0.0);
        let weights = sums.target.clamp_min(1.0).square().reciprocal().masked_fill(&absent, 0.0);
        let largest = weights.amax([1_i64].as_slice(), true);
        // Where no class is present all weigh 1.
        let largest = largest.where_self(&largest.gt(0.0), &largest.ones_like());
        let weights = largest.expand_as(&weights).where_self(&absent, &weights);
        let over_classes = |xs: Tensor| xs.sum_dim_intlist([1_i64].as_slice(), false, None::<Kind>);
        let hit = over_classes(&weights * &sums.overlap) * 2.0 + self.smooth;
        let all = over_classes(&weights * (&sums.target + &sums.predicted)) + self.smooth;
        1.0 - (hit / all).mean(compared.kind())
    }
}
