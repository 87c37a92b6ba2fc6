//! The unit that U-Nets stack: convolution, activation, normalization.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use super::{Activation, Conv, ConvForm, Init, Norm, NormLayer};
use crate::Dims;

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
    pub(crate) init: Init,
}

impl UnitForm {
    /// A convolution of this kernel along each axis, as the units' own are.
    pub(crate) fn conv(&self, size: usize) -> ConvForm {
        ConvForm::of_size(self.dims, size, self.init)
    }
}

/// Convolution, dropout, activation and normalization.
#[derive(Debug)]
pub(crate) struct Unit {
    conv: Conv,
    norm: Option<NormLayer>,
    form: UnitForm,
    active: bool,
}

impl Unit {
    /// A unit around a convolution of this form, its weights under `conv` and `norm`.
    pub(crate) fn new(
        vs: &nn::Path<'_>,
        form: UnitForm,
        conv: ConvForm,
        n_in: usize,
        n_out: usize,
    ) -> Result<Self> {
        let conv = Conv::new(&(vs / "conv"), conv, n_in, n_out);
        Ok(Self { conv, norm: form.norm.layer(&(vs / "norm"), n_out)?, form, active: true })
    }

    /// The same without activation and dropout.
    pub(crate) fn linear(self) -> Self {
        Self { active: false, form: UnitForm { dropout: 0.0, ..self.form }, ..self }
    }

    pub(crate) fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let mut xs = self.conv.forward(xs);
        if self.form.dropout > 0.0 && train {
            xs = xs.dropout(self.form.dropout, train);
        }
        let activate = |xs: Tensor| if self.active { self.form.activation.apply(xs) } else { xs };
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
