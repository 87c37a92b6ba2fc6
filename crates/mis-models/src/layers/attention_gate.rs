//! Attention on skip connections.

use anyhow::Result;
use tch::{Tensor, nn};

use super::resize::repeat;
use super::{Activation, Conv, NormLayer, Projection, UnitForm};

/// Lets through of a level's output what the coarser level finds relevant (Oktay et al. 2018).
///
/// With g the activated projection of the coarser feature map to the level's width and s the level's output, the
/// weight of a voxel is sigmoid(ψ(ReLU(θ(s) + φ(g)))), where θ is a convolution of kernel 3 with the level's stride and
/// φ and ψ are convolutions of kernel 1. The weighted s goes through a convolution of kernel 1 and batch norm.
#[derive(Debug)]
pub(crate) struct AttentionGate {
    below: Projection,
    theta: Conv,
    phi: Conv,
    psi: Conv,
    out: Conv,
    norm: NormLayer,
    activation: Activation,
    stride: [usize; 3],
}

impl AttentionGate {
    /// Between a level of `width` channels and the one `stride` coarser of `n_below` channels.
    pub(crate) fn new(
        vs: &nn::Path<'_>,
        form: UnitForm,
        stride: [usize; 3],
        width: usize,
        n_below: usize,
    ) -> Result<Self> {
        Ok(Self {
            below: Projection::new(&(vs / "below"), form, n_below, width)?,
            theta: Conv::new(&(vs / "theta"), form.conv(3).with_stride(stride), width, width),
            phi: Conv::new(&(vs / "phi"), form.conv(1), width, width),
            psi: Conv::new(&(vs / "psi"), form.conv(1), width, 1),
            out: Conv::new(&(vs / "out"), form.conv(1), width, width),
            norm: NormLayer::batch(&(vs / "norm"), width),
            activation: form.activation,
            stride,
        })
    }

    pub(crate) fn forward(&self, skip: &Tensor, below: &Tensor, train: bool) -> Tensor {
        let gate = self.activation.apply(self.below.forward(below, train));
        let joined = (self.theta.forward(skip) + self.phi.forward(&gate)).relu_();
        let weight = self.psi.forward(&joined).sigmoid(); // (batch, 1, i, j[, k])
        let weighted = skip * repeat(&weight, self.stride);
        self.norm.forward(&self.out.forward(&weighted), train)
    }
}
