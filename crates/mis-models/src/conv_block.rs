//! The unit that U-Nets stack: convolution, activation, normalization.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use crate::conv::Conv;
use crate::norm::NormLayer;
use crate::{Dims, Norm};

/// The nonlinearity of hidden layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(x, 0).
    #[default]
    Relu,
    /// max(x, 0.01 x).
    LeakyRelu,
}

/// What follows a convolution in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockOrder {
    /// Activation, then normalization, as MIScnn has it.
    #[default]
    ActivationNorm,
    /// Normalization, then activation, as nnU-Net has it.
    NormActivation,
}

/// What all units of a network share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnitForm {
    pub(crate) dims: Dims,
    pub(crate) norm: Norm,
    pub(crate) activation: Activation,
    pub(crate) order: BlockOrder,
    pub(crate) dropout: f64,
}

/// Convolution of kernel 3, dropout, activation and normalization.
#[derive(Debug)]
struct Unit {
    conv: Conv,
    norm: Option<NormLayer>,
    form: UnitForm,
}

impl Unit {
    fn new(vs: &nn::Path<'_>, form: UnitForm, n_in: usize, n_out: usize) -> Result<Self> {
        let conv = Conv::same(&(vs / "conv"), form.dims, n_in, n_out, 3);
        Ok(Self { conv, norm: form.norm.layer(&(vs / "norm"), n_out)?, form })
    }

    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let mut xs = self.conv.forward(xs);
        if self.form.dropout > 0.0 {
            xs = xs.dropout(self.form.dropout, train);
        }
        // In place: neither a convolution nor a normalization needs its own output for the gradient.
        let activate = |mut xs: Tensor| match self.form.activation {
            Activation::Relu => xs.relu_(),
            Activation::LeakyRelu => xs.leaky_relu_(),
        };
        let normalize = |xs: Tensor| match &self.norm {
            Some(norm) => norm.forward(&xs, train),
            None => xs,
        };
        match self.form.order {
            BlockOrder::ActivationNorm => normalize(activate(xs)),
            BlockOrder::NormActivation => activate(normalize(xs)),
        }
    }
}

/// Two units, the second as wide as the first.
#[derive(Debug)]
pub(crate) struct ConvBlock {
    units: [Unit; 2],
}

impl ConvBlock {
    pub(crate) fn new(vs: &nn::Path<'_>, form: UnitForm, n_in: usize, n_out: usize) -> Result<Self> {
        Ok(Self {
            units: [Unit::new(&(vs / 0), form, n_in, n_out)?, Unit::new(&(vs / 1), form, n_out, n_out)?],
        })
    }

    pub(crate) fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        self.units[1].forward(&self.units[0].forward(xs, train), train)
    }
}
