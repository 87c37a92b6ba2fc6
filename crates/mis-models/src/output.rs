//! From logits to probabilities.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// What a network's logits stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Classes that exclude each other: probabilities sum to 1 over them.
    #[default]
    Softmax,
    /// Regions that may overlap: each has a probability of its own.
    Sigmoid,
    /// Logits as they are.
    Logits,
}

impl Output {
    /// What logits `(batch, class, i, j[, k])` of any floating kind stand for, in `f32`.
    pub fn apply(self, logits: &Tensor) -> Tensor {
        match self {
            Self::Softmax => logits.softmax(1, Kind::Float),
            Self::Sigmoid => logits.to_kind(Kind::Float).sigmoid(),
            Self::Logits => logits.to_kind(Kind::Float),
        }
    }
}
