//! MIScnn's family of U-Nets.

mod blocks;
mod multi_res;
mod network;
mod presets;
mod unet_plus_plus;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::nn;

use crate::layers::{AttentionGate, Conv, Down, Init, UnitForm, Up};
use crate::{Activation, Architecture, BlockOrder, Dims, ModelSpec, Norm, Pooling, SegModel, UpSampling};

pub use multi_res::MultiResUNet;
pub use unet_plus_plus::UNetPlusPlus;

pub(crate) use network::divisor;

use blocks::Place;
pub use blocks::UNetBlock;
use network::{Level, Network, Skip, UpLevel};

/// How a level's output joins the decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipConnection {
    /// As it is.
    #[default]
    Plain,
    /// Weighted by attention gates (Oktay et al. 2018).
    Attention,
}

/// The U-Nets of MIScnn (Ronneberger et al. 2015; in 3-D Çiçek et al. 2016): one struct whose choices can be combined.
///
/// Level `l` of `depth` is `base_channels · 2^l` channels wide, at most `max_channels`, the bottleneck
/// `base_channels · 2^depth`. Each level is a block of two convolutions of kernel 3; going down by pooling, going up by
/// up-sampling to the level's width, joined with the level's own output (up-sampled first). Sides of the input are
/// multiples of the strides' product, `2^depth` by default.
///
/// | MIScnn's name | here | paper |
/// |---|---|---|
/// | standard | [`UNet::default`] | Ronneberger et al. 2015 |
/// | plain | [`UNet::plain`] | Isensee & Maier-Hein 2019 |
/// | residual | [`UNet::residual`] | Zhang et al. 2017 |
/// | dense | [`UNet::dense`] | Kolařík et al. 2019 |
/// | compact | [`UNet::compact`] | Kolařík et al. 2019 |
/// | attention | [`UNet::attention`] | Oktay et al. 2018 |
/// | attention residual | [`UNet::attention_residual`] | Oktay et al. 2018, He et al. 2015 |
/// | multires | [`MultiResUNet`] | Ibtehaz & Rahman 2019 |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UNet {
    /// Number of times the extent is reduced.
    pub depth: usize,
    /// Channels of the first level.
    pub base_channels: usize,
    /// Widest level allowed; wider ones are cut to it. None leaves them.
    pub max_channels: Option<usize>,
    /// What each level is.
    pub block: UNetBlock,
    /// How a level's output joins the decoder.
    pub skip: SkipConnection,
    /// Normalization of hidden layers.
    pub norm: Norm,
    /// Nonlinearity of hidden layers.
    pub activation: Activation,
    /// Whether activation or normalization comes first.
    pub order: BlockOrder,
    /// Probability that training silences a value after each convolution.
    pub dropout: f64,
    /// From a level to the next coarser one.
    pub pooling: Pooling,
    /// From a level to the next finer one.
    pub up_sampling: UpSampling,
    /// By how much each step down reduces the extent along i, j and k, finest first; none is by 2 everywhere.
    pub strides: Option<Vec<[usize; 3]>>,
}

impl Default for UNet {
    /// MIScnn's standard U-Net, the paper's: in 3-D, of one channel and three classes, 22 587 171 parameters, 5 888 of
    /// them running statistics.
    fn default() -> Self {
        Self {
            depth: 4,
            base_channels: 32,
            max_channels: None,
            block: UNetBlock::default(),
            skip: SkipConnection::default(),
            norm: Norm::default(),
            activation: Activation::default(),
            order: BlockOrder::default(),
            dropout: 0.0,
            pooling: Pooling::default(),
            up_sampling: UpSampling::default(),
            strides: None,
        }
    }
}

impl UNet {
    fn width(&self, level: usize) -> usize {
        let width = self.base_channels << level;
        self.max_channels.map_or(width, |max| width.min(max))
    }

    /// The strides of all steps down, 1 along k for planes.
    fn strides(&self, dims: Dims) -> Result<Vec<[usize; 3]>> {
        let mut strides = self.strides.clone().unwrap_or_else(|| vec![[2; 3]; self.depth]);
        ensure!(
            strides.len() == self.depth,
            "u-net: expected strides for {} steps down, got {}",
            self.depth,
            strides.len()
        );
        for stride in &mut strides {
            ensure!(
                stride.iter().all(|&n| (1..=4).contains(&n)),
                "u-net: strides must be 1 to 4, got {stride:?}"
            );
            if dims == Dims::Two {
                stride[2] = 1;
            }
        }
        Ok(strides)
    }

    fn check(&self) -> Result<()> {
        ensure!((1..=8).contains(&self.depth), "u-net: depth must be 1 to 8, got {}", self.depth);
        ensure!(self.base_channels > 0, "u-net: base-channels must be positive, got 0");
        ensure!(self.max_channels != Some(0), "u-net: max-channels must be positive, got 0");
        ensure!((0.0..1.0).contains(&self.dropout), "u-net: dropout must be in [0, 1), got {}", self.dropout);
        Ok(())
    }
}

impl Architecture for UNet {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        self.check()?;
        let &ModelSpec { n_channels, n_classes, dims } = spec;
        let &Self { norm, activation, order, dropout, .. } = self;
        let form = UnitForm { dims, norm, activation, order, dropout, init: Init::GlorotUniform };
        let strides = self.strides(dims)?;

        let (mut down, mut n_in) = (Vec::new(), n_channels);
        for (level, &stride) in strides.iter().enumerate() {
            let vs = vs / "down" / level;
            let block = self.block.build(&vs, form, Place::Encoder, n_in, self.width(level))?;
            n_in = block.n_out();
            let step = Down::new(&(&vs / "pool"), self.pooling, form, stride, n_in);
            down.push(Level { block, down: step });
        }
        let bottom = self.block.build(&(vs / "bottom"), form, Place::Bottom, n_in, self.width(self.depth))?;
        n_in = bottom.n_out();
        let mut up = Vec::new();
        for (level, &stride) in strides.iter().enumerate().rev() {
            let vs = vs / "up" / level;
            let (width, n_skip) = (self.width(level), down[level].block.n_out());
            let skip = match self.skip {
                SkipConnection::Plain => Skip::Plain,
                SkipConnection::Attention => {
                    Skip::Gate(Box::new(AttentionGate::new(&(&vs / "gate"), form, stride, n_skip, n_in)?))
                }
            };
            let sample = Up::new(&(&vs / "sample"), self.up_sampling, form, stride, n_in, width);
            let block = self.block.build(&(&vs / "block"), form, Place::Decoder, width + n_skip, width)?;
            n_in = block.n_out();
            up.push(UpLevel { sample, skip, block });
        }
        let out = Conv::new(&(vs / "out"), form.conv(1), n_in, n_classes);
        Ok(Box::new(Network { down, bottom, up, out, out_norm: None, strides }))
    }
}

#[cfg(test)]
mod tests;
