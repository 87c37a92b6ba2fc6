//! The Jaccard loss.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::compared::Compared;
use super::{DiceOver, Loss};

/// One minus the soft Jaccard index (intersection over union), `1 − mean (Σyp + s) / (Σy + Σp − Σyp + s)` over classes
/// and patches; s = 1e-5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Jaccard {
    /// Whether the background is one of the classes averaged over. Regions have none.
    pub background: bool,
    /// What the index is formed of.
    pub over: DiceOver,
    /// s of the formula: what an absent class counts.
    pub smooth: f64,
}

impl Default for Jaccard {
    fn default() -> Self {
        Self { background: true, over: DiceOver::Patch, smooth: 1e-5 }
    }
}

impl Loss for Jaccard {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let first = if self.background { 0 } else { compared.first_foreground() };
        let index = self.over.of(compared.sums().starting_at(first)).index(1.0, 1.0, self.smooth);
        1.0 - index.mean(compared.kind())
    }
}
