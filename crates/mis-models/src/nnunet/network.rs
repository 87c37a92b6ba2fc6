//! A built network of nnU-Net: an encoder of stages and the common decoder.

use std::fmt::Debug;

use anyhow::{Result, ensure};
use tch::{Tensor, nn};

use super::decoder::Decoder;
use crate::layers::{Block, Init, UnitForm, channels_last};
use crate::unet::divisor;
use crate::{Activation, BlockOrder, Dims, Norm, SegModel};

/// A built network: stages whose outputs all go to the decoder.
#[derive(Debug)]
pub(super) struct StagedNetwork {
    pub(super) stem: Option<Box<dyn Block>>,
    pub(super) stages: Vec<Box<dyn Block>>, // finest first
    pub(super) decoder: Decoder,
    pub(super) strides: Vec<[usize; 3]>, // of each stage
}

impl StagedNetwork {
    fn logits(&self, images: &Tensor, train: bool, all_heads: bool) -> Vec<Tensor> {
        let mut xs = channels_last(images); // (batch, channel, i, j[, k])
        if let Some(stem) = &self.stem {
            xs = stem.forward(&xs, train);
        }
        let mut skips = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            xs = stage.forward(&xs, train);
            skips.push(xs.shallow_clone());
        }
        drop(xs);
        self.decoder.forward(skips, train, all_heads)
    }
}

impl nn::ModuleT for StagedNetwork {
    fn forward_t(&self, images: &Tensor, train: bool) -> Tensor {
        self.logits(images, train, false).swap_remove(0)
    }
}

impl SegModel for StagedNetwork {
    fn divisor(&self) -> [usize; 3] {
        divisor(&self.strides)
    }

    fn n_heads(&self) -> usize {
        self.decoder.n_heads()
    }

    fn forward_heads(&self, images: &Tensor, train: bool) -> Vec<Tensor> {
        self.logits(images, train, true)
    }

    fn mixes_patches(&self) -> bool {
        false
    }
}

/// nnU-Net's unit: convolution, normalization, activation, weights drawn as He et al. do.
pub(super) fn unit_form(dims: Dims, norm: Norm, activation: Activation, dropout: f64) -> UnitForm {
    UnitForm { dims, norm, activation, order: BlockOrder::NormActivation, dropout, init: Init::KaimingNormal }
}

/// One value for each stage: the list itself, checked, with 1 along k for planes.
pub(super) fn per_stage(
    name: &str,
    values: Option<&Vec<[usize; 3]>>,
    default: impl Fn(usize) -> [usize; 3],
    n_stages: usize,
    dims: Dims,
) -> Result<Vec<[usize; 3]>> {
    let mut values = values.cloned().unwrap_or_else(|| (0..n_stages).map(default).collect());
    ensure!(
        values.len() == n_stages,
        "{name}: expected one for each of {n_stages} stages, got {}",
        values.len()
    );
    for value in &mut values {
        ensure!(value.iter().all(|&n| (1..=9).contains(&n)), "{name} must be 1 to 9, got {value:?}");
        if dims == Dims::Two {
            value[2] = 1;
        }
    }
    Ok(values)
}
