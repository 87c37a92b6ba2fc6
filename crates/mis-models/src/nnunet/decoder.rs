//! The decoder that nnU-Net's networks share.

use anyhow::Result;
use tch::{Tensor, nn};

use crate::layers::{Block as _, Conv, Stack, Unit, UnitForm};

/// From the outputs of all stages to logits: transposed convolutions whose kernel is the stride, each joined with its
/// stage's output (up-sampled first) and followed by units.
#[derive(Debug)]
pub(super) struct Decoder {
    levels: Vec<Level>, // coarsest first
}

#[derive(Debug)]
struct Level {
    up: Conv,
    convs: Stack,
    head: Conv,
}

impl Decoder {
    /// For stages of these widths and strides, finest first, with so many units at each level, finest first. Every
    /// level has a head, so that weights fit with deep supervision and without.
    pub(super) fn new(
        vs: &nn::Path<'_>,
        form: UnitForm,
        features: &[usize],
        strides: &[[usize; 3]],
        kernels: &[[usize; 3]],
        n_convs: &[usize],
        n_classes: usize,
    ) -> Result<Self> {
        let mut levels = Vec::new();
        for (idx, stage) in (0..features.len() - 1).rev().enumerate() {
            let width = features[stage];
            let up = form.conv(1).with_stride(strides[stage + 1]);
            let conv = crate::layers::ConvForm { kernel: kernels[stage], ..form.conv(3) };
            let unit = |unit: usize| {
                let vs = vs / "stages" / idx / "convs" / unit;
                Unit::new(&vs, form, conv, if unit == 0 { 2 * width } else { width }, width)
            };
            let units: Vec<Unit> = (0..n_convs[stage]).map(unit).collect::<Result<_>>()?;
            levels.push(Level {
                up: Conv::up(&(vs / "transpconvs" / idx), up, features[stage + 1], width),
                convs: Stack::of(units, width),
                head: Conv::new(&(vs / "seg_layers" / idx), form.conv(1), width, n_classes),
            });
        }
        Ok(Self { levels })
    }

    pub(super) fn n_heads(&self) -> usize {
        self.levels.len()
    }

    /// Logits from the stages' outputs, finest first; of the finest level alone, or of all, finest first.
    pub(super) fn forward(&self, mut skips: Vec<Tensor>, train: bool, all_heads: bool) -> Vec<Tensor> {
        let mut xs = skips.pop().expect("an encoder has stages");
        let mut logits = Vec::new();
        for (idx, level) in self.levels.iter().enumerate() {
            let skip = skips.pop().expect("one skip for each level");
            let joined = Tensor::cat(&[level.up.forward(&xs), skip], 1);
            xs = level.convs.forward(&joined, train);
            if all_heads || idx + 1 == self.levels.len() {
                logits.push(level.head.forward(&xs)); // (batch, class, i, j[, k])
            }
        }
        logits.reverse();
        logits
    }
}
