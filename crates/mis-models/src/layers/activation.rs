//! Nonlinearities of hidden layers.

use serde::{Deserialize, Serialize};
use tch::Tensor;

/// The nonlinearity of hidden layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Activation {
    /// max(x, 0).
    #[default]
    Relu,
    /// max(x, 0.01 x).
    LeakyRelu,
    /// max(x, slope · x).
    Leaky {
        /// Slope below zero, in [0, 1).
        slope: f64,
    },
    /// x below zero becomes e^x − 1 (Clevert et al. 2016).
    Elu,
    /// x · sigmoid(x), also named swish.
    Silu,
    /// x · Φ(x) with the normal distribution Φ (Hendrycks & Gimpel 2016).
    Gelu,
}

impl Activation {
    /// The activated values, in the memory of the input where that can be: whoever made it must not need it for a
    /// gradient, as convolutions, normalizations and sums do not.
    pub(crate) fn apply(self, mut xs: Tensor) -> Tensor {
        match self {
            Self::Relu => xs.relu_(),
            Self::LeakyRelu => xs.leaky_relu_(),
            Self::Leaky { slope } => xs.prelu(&Tensor::full([1], slope, (xs.kind(), xs.device()))),
            Self::Elu => xs.elu_(),
            // The two below need their input for the gradient.
            Self::Silu => xs.silu(),
            Self::Gelu => xs.gelu("none"),
        }
    }
}
