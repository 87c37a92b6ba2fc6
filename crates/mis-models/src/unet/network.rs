//! A built U-Net: an encoder, a bottleneck and a decoder with skip connections.

use tch::{Tensor, nn};

use super::multi_res::ResPath;
use crate::SegModel;
use crate::layers::{AttentionGate, Block, Conv, Down, NormLayer, Up, channels_last};

/// A level of the encoder and the step down from it.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) block: Box<dyn Block>,
    pub(super) down: Down,
}

/// A level of the decoder: the step up to it, and what joins there.
#[derive(Debug)]
pub(super) struct UpLevel {
    pub(super) sample: Up,
    pub(super) skip: Skip,
    pub(super) block: Box<dyn Block>,
}

/// What happens to an encoder's output on its way to the decoder.
#[derive(Debug)]
pub(super) enum Skip {
    Plain,
    Gate(Box<AttentionGate>),
    ResPath(ResPath),
}

/// A built U-Net.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) down: Vec<Level>, // finest first
    pub(super) bottom: Box<dyn Block>,
    pub(super) up: Vec<UpLevel>, // coarsest first
    pub(super) out: Conv,
    pub(super) out_norm: Option<NormLayer>,
    pub(super) strides: Vec<[usize; 3]>, // finest first
}

impl nn::ModuleT for Network {
    fn forward_t(&self, images: &Tensor, train: bool) -> Tensor {
        let mut skips = Vec::with_capacity(self.down.len());
        let mut xs = channels_last(images); // (batch, channel, i, j[, k])
        for level in &self.down {
            let skip = level.block.forward(&xs, train);
            xs = level.down.forward(&skip);
            skips.push(skip);
        }
        xs = self.bottom.forward(&xs, train);
        for level in &self.up {
            let skip = skips.pop().expect("one skip for each level");
            let skip = match &level.skip {
                Skip::Plain => skip,
                Skip::Gate(gate) => gate.forward(&skip, &xs, train),
                Skip::ResPath(path) => path.forward(&skip, train),
            };
            xs = level.block.forward(&Tensor::cat(&[level.sample.forward(&xs), skip], 1), train);
        }
        let logits = self.out.forward(&xs); // (batch, class, i, j[, k])
        match &self.out_norm {
            Some(norm) => norm.forward(&logits, train),
            None => logits,
        }
    }
}

impl SegModel for Network {
    fn divisor(&self) -> [usize; 3] {
        divisor(&self.strides)
    }

    fn mixes_patches(&self) -> bool {
        false
    }
}

/// What a side must be a multiple of for these strides.
pub(crate) fn divisor(strides: &[[usize; 3]]) -> [usize; 3] {
    [0, 1, 2].map(|axis| strides.iter().map(|stride| stride[axis]).product())
}
