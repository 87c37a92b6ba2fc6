//! Several losses together.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{AnyLoss, Loss};
use crate::Output;

/// Several losses together, each with its weight: `sum = [ { loss = "tversky" }, { weight = 0.1, loss = "hausdorff" } ]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeightedSum(pub Vec<WeightedLoss>);

/// A loss and its weight in a sum.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedLoss {
    /// What the loss is multiplied by.
    #[serde(default = "one")]
    pub weight: f64,
    /// The loss.
    pub loss: AnyLoss,
}

fn one() -> f64 {
    1.0
}

impl WeightedSum {
    /// Losses with their weights.
    pub fn of<L: Into<AnyLoss>>(terms: impl IntoIterator<Item = (f64, L)>) -> Self {
        let term = |(weight, loss): (f64, L)| WeightedLoss { weight, loss: loss.into() };
        Self(terms.into_iter().map(term).collect())
    }

    fn add(&self, of: impl Fn(&AnyLoss) -> Tensor) -> Tensor {
        let mut terms = self.0.iter().map(|term| of(&term.loss) * term.weight);
        let first = terms.next().expect("a checked sum has a term");
        terms.fold(first, |sum, term| sum + term)
    }
}

impl Loss for WeightedSum {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        self.add(|loss| loss.forward(logits, target))
    }

    fn forward_heads(&self, logits: &[Tensor], target: &Tensor) -> Tensor {
        self.add(|loss| loss.forward_heads(logits, target))
    }

    fn is_deep(&self) -> bool {
        self.0.iter().any(|term| term.loss.is_deep())
    }

    fn output(&self) -> Output {
        self.0.first().map_or_else(Output::default, |term| term.loss.output())
    }

    fn regions(&self) -> Option<&[Vec<u8>]> {
        self.0.first()?.loss.regions()
    }

    fn check(&self, n_classes: usize) -> Result<()> {
        ensure!(!self.0.is_empty(), "sum: expected one loss or more, got none");
        ensure!(
            self.0
                .iter()
                .all(|term| { term.loss.output() == self.output() && term.loss.regions() == self.regions() }),
            "sum: all of its losses must be of the same regions, or none of regions"
        );
        for (idx, term) in self.0.iter().enumerate() {
            ensure!(term.weight.is_finite(), "sum: weights must be numbers, got {}", term.weight);
            term.loss.check(n_classes).with_context(|| format!("sum: term {}", idx + 1))?;
        }
        Ok(())
    }
}
