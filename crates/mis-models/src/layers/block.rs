//! What a level of a network is.

use std::fmt::Debug;

use anyhow::Result;
use tch::{Tensor, nn};

use super::{Conv, NormLayer, Unit, UnitForm};

/// The layers of one level.
pub(crate) trait Block: Debug + Send {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor;

    /// Channels of its output.
    fn n_out(&self) -> usize;
}

/// Units one after the other, the first from `n_in` channels, all to `n_out`.
#[derive(Debug)]
pub(crate) struct Stack {
    units: Vec<Unit>,
    n_out: usize,
}

impl Stack {
    /// Two units of kernel 3, their weights under `0` and `1`.
    pub(crate) fn two(vs: &nn::Path<'_>, form: UnitForm, n_in: usize, n_out: usize) -> Result<Self> {
        let unit = |idx: usize, n_in| Unit::new(&(vs / idx), form, form.conv(3), n_in, n_out);
        Ok(Self { units: vec![unit(0, n_in)?, unit(1, n_out)?], n_out })
    }

    /// These units.
    pub(crate) fn of(units: Vec<Unit>, n_out: usize) -> Self {
        Self { units, n_out }
    }
}

impl Block for Stack {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        self.units.iter().fold(xs.shallow_clone(), |xs, unit| unit.forward(&xs, train))
    }

    fn n_out(&self) -> usize {
        self.n_out
    }
}

/// A convolution of kernel 1 and, where the network has it, its normalization.
#[derive(Debug)]
pub(crate) struct Projection {
    conv: Conv,
    norm: Option<NormLayer>,
}

impl Projection {
    pub(crate) fn new(vs: &nn::Path<'_>, form: UnitForm, n_in: usize, n_out: usize) -> Result<Self> {
        let conv = Conv::new(&(vs / "conv"), form.conv(1), n_in, n_out);
        Ok(Self { conv, norm: form.norm.layer(&(vs / "norm"), n_out)? })
    }

    pub(crate) fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = self.conv.forward(xs);
        match &self.norm {
            Some(norm) => norm.forward(&xs, train),
            None => xs,
        }
    }
}
