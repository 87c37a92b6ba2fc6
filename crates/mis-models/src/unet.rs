//! The standard U-Net.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use crate::conv::Conv;
use crate::conv_block::{ConvBlock, UnitForm};
use crate::{Activation, Architecture, BlockOrder, Dims, ModelSpec, Norm, SegModel};

/// The standard U-Net of MIScnn (Ronneberger et al. 2015; in 3-D Çiçek et al. 2016).
///
/// Level `l` of `depth` is `base_channels · 2^l` channels wide, the bottleneck `base_channels · 2^depth`. Each level is
/// two convolutions of kernel 3; going down by max-pooling 2, going up by transposed convolution of kernel and stride
/// 2, joined with the level's own output (up-sampled first). Sides of the input are multiples of `2^depth`. The
/// default is the paper's: in 3-D, of one channel and three classes, 22 587 171 parameters, 5 888 of them running
/// statistics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UNet {
    /// Number of times the extent is halved.
    pub depth: usize,
    /// Channels of the first level.
    pub base_channels: usize,
    /// Widest level allowed; wider ones are cut to it. None leaves them.
    pub max_channels: Option<usize>,
    /// Normalization of hidden layers.
    pub norm: Norm,
    /// Nonlinearity of hidden layers.
    pub activation: Activation,
    /// Whether activation or normalization comes first.
    pub order: BlockOrder,
    /// Probability that training silences a value after each convolution.
    pub dropout: f64,
}

impl Default for UNet {
    fn default() -> Self {
        Self {
            depth: 4,
            base_channels: 32,
            max_channels: None,
            norm: Norm::default(),
            activation: Activation::default(),
            order: BlockOrder::default(),
            dropout: 0.0,
        }
    }
}

impl UNet {
    fn width(&self, level: usize) -> usize {
        let width = self.base_channels << level;
        self.max_channels.map_or(width, |max| width.min(max))
    }
}

impl Architecture for UNet {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        ensure!((1..=8).contains(&self.depth), "u-net: depth must be 1 to 8, got {}", self.depth);
        ensure!(self.base_channels > 0, "u-net: base-channels must be positive, got 0");
        ensure!((0.0..1.0).contains(&self.dropout), "u-net: dropout must be in [0, 1), got {}", self.dropout);
        let &ModelSpec { n_channels, n_classes, dims } = spec;
        let &Self { norm, activation, order, dropout, .. } = self;
        let form = UnitForm { dims, norm, activation, order, dropout };

        let mut down = Vec::new();
        let mut n_in = n_channels;
        for level in 0..self.depth {
            down.push(ConvBlock::new(&(vs / "down" / level), form, n_in, self.width(level))?);
            n_in = self.width(level);
        }
        let bottom = ConvBlock::new(&(vs / "bottom"), form, n_in, self.width(self.depth))?;
        let mut up = Vec::new();
        for level in (0..self.depth).rev() {
            let vs = vs / "up" / level;
            let sample = Conv::up(&(&vs / "sample"), dims, self.width(level + 1), self.width(level));
            let block = ConvBlock::new(&(&vs / "block"), form, 2 * self.width(level), self.width(level))?;
            up.push(UpLevel { sample, block });
        }
        let out = Conv::same(&(vs / "out"), dims, self.width(0), n_classes, 1);
        Ok(Box::new(UNetModel { down, bottom, up, out, dims }))
    }
}

/// A built [`UNet`].
#[derive(Debug)]
struct UNetModel {
    down: Vec<ConvBlock>, // finest level first
    bottom: ConvBlock,
    up: Vec<UpLevel>, // coarsest level first
    out: Conv,
    dims: Dims,
}

#[derive(Debug)]
struct UpLevel {
    sample: Conv,
    block: ConvBlock,
}

impl nn::ModuleT for UNetModel {
    fn forward_t(&self, images: &Tensor, train: bool) -> Tensor {
        let mut skips = Vec::with_capacity(self.down.len());
        let mut xs = images.shallow_clone(); // (batch, channel, i, j[, k])
        for block in &self.down {
            let skip = block.forward(&xs, train);
            xs = self.pool(&skip);
            skips.push(skip);
        }
        xs = self.bottom.forward(&xs, train);
        for level in &self.up {
            let skip = skips.pop().expect("one skip for each level");
            xs = level.block.forward(&Tensor::cat(&[level.sample.forward(&xs), skip], 1), train);
        }
        self.out.forward(&xs) // (batch, class, i, j[, k])
    }
}

impl UNetModel {
    fn pool(&self, xs: &Tensor) -> Tensor {
        match self.dims {
            Dims::Two => xs.max_pool2d([2; 2], [2; 2], [0; 2], [1; 2], false),
            Dims::Three => xs.max_pool3d([2; 3], [2; 3], [0; 3], [1; 3], false),
        }
    }
}

impl SegModel for UNetModel {
    fn divisor(&self) -> [usize; 3] {
        let side = 1 << self.down.len();
        match self.dims {
            Dims::Two => [side, side, 1],
            Dims::Three => [side; 3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;
    use tch::{Device, Kind};

    #[track_caller]
    fn check_parameters(unet: UNet, dims: Dims, n_classes: usize, total: usize, trainable: usize) {
        let spec = ModelSpec { n_channels: 1, n_classes, dims };
        let model = Model::build(&unet, spec, Device::Cpu, 0).unwrap();
        assert_eq!((model.n_parameters(), model.n_trainable()), (total, trainable));
    }

    #[test]
    fn parameter_counts_are_those_of_miscnn() {
        check_parameters(UNet::default(), Dims::Two, 3, 7_771_363, 7_765_475);
        check_parameters(UNet::default(), Dims::Two, 2, 7_771_330, 7_765_442);
        check_parameters(UNet::default(), Dims::Three, 3, 22_587_171, 22_581_283);
        let plain = UNet { norm: Norm::None, ..UNet::default() };
        check_parameters(plain, Dims::Three, 3, 22_575_395, 22_575_395);
        let small = UNet { base_channels: 16, depth: 3, ..UNet::default() };
        let batch_statistics = 2 * 2 * 16 * (2 * (1 + 2 + 4) + 8);
        check_parameters(small, Dims::Three, 3, 1_403_411, 1_403_411 - batch_statistics);
    }

    #[test]
    fn logits_have_the_extent_of_the_image_in_both_ranks_and_precisions() {
        for (dims, size) in [(Dims::Two, vec![1, 2, 16, 24]), (Dims::Three, vec![1, 2, 8, 16, 24])] {
            for norm in [Norm::Batch, Norm::Instance, Norm::Group { channels: 2 }, Norm::None] {
                let unet = UNet { depth: 2, base_channels: 4, norm, ..UNet::default() };
                let model =
                    Model::build(&unet, ModelSpec { n_channels: 2, n_classes: 3, dims }, Device::Cpu, 1)
                        .unwrap();
                for kind in [Kind::Float, Kind::BFloat16] {
                    let logits = model.net.forward_t(&Tensor::ones(&size, (kind, Device::Cpu)), true);
                    let mut expected = size.clone();
                    expected[1] = 3;
                    assert_eq!((logits.size(), logits.kind()), (expected, kind), "{norm:?}");
                }
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_weights_and_another_seed_others() {
        let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Two };
        let unet = UNet { depth: 1, base_channels: 4, ..UNet::default() };
        let xs = Tensor::ones([1, 1, 4, 4], (Kind::Float, Device::Cpu));
        let logits = |seed| Model::build(&unet, spec, Device::Cpu, seed).unwrap().net.forward_t(&xs, false);
        assert_eq!(logits(1), logits(1));
        assert_ne!(logits(1), logits(2));
    }
}
