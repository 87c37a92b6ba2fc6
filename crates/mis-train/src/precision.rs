//! The precision that a network computes in.

use mis_models::tch::Kind;
use serde::{Deserialize, Serialize};

/// The precision of a network's convolutions. Weights, sums, losses and merged predictions are `f32` in either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// Brain floating point: 8 bits of mantissa, the exponent of `f32`. About twice as fast on processors with
    /// AVX-512 BF16 and on GPUs since Ampere.
    Bf16,
}

impl Precision {
    /// The kind of tensor that a network is given.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::F32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }
}
