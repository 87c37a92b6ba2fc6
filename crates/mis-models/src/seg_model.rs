//! What a segmentation network is, and what builds one.

use std::fmt::Debug;

use anyhow::Result;
use tch::{Tensor, nn};

use crate::ModelSpec;

/// A segmentation network: images `(batch, channel, i, j[, k])` to logits `(batch, class, i, j[, k])` of the same
/// extent.
///
/// The input's kind sets the precision: of `BFloat16` input the convolutions run in bf16 over the `f32` weights.
pub trait SegModel: nn::ModuleT {
    /// Every side of an input is a multiple of this, along i, j and k; 1 along k for planes.
    fn divisor(&self) -> [usize; 3];

    /// Number of outputs that deep supervision can compare with the labels.
    fn n_heads(&self) -> usize {
        1
    }

    /// All outputs, that of [`forward_t`](nn::ModuleT::forward_t) first; coarser ones have the extent of their level.
    fn forward_heads(&self, images: &Tensor, train: bool) -> Vec<Tensor> {
        vec![self.forward_t(images, train)]
    }

    /// Whether what a patch gives depends on the others of its batch otherwise than by batch norm.
    fn mixes_patches(&self) -> bool {
        true
    }
}

/// A family of networks: hyperparameters that build one.
pub trait Architecture: Debug + Send + Sync {
    /// Builds the network with its weights under `vs`, drawn from libtorch's generator.
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>>;
}
