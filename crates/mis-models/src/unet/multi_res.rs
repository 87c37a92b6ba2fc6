//! The MultiRes U-Net.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use super::network::{Level, Network, Skip, UpLevel};
use crate::layers::{Block, Conv, ConvForm, Down, Init, NormLayer, UnitForm, Up};
use crate::{Activation, Architecture, BlockOrder, ModelSpec, Norm, Pooling, SegModel, UpSampling};

/// MIScnn's MultiRes U-Net (Ibtehaz & Rahman 2019): every block sees its input at three scales, and skip connections
/// are chains of residual convolutions, the longer the finer the level.
///
/// A block at a level of U = `base_channels · 2^l` is, with W = 1.67 U, three stacked convolutions of kernel 3 to
/// ⌊0.167 W⌋, ⌊0.333 W⌋ and ⌊0.5 W⌋ channels, joined and normalized, plus a normalized convolution of kernel 1 of the
/// input; the sum is activated and normalized. All norms are batch norms. Sides of the input are multiples of
/// `2^depth`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MultiResUNet {
    /// Number of times the extent is halved.
    pub depth: usize,
    /// U of the first level.
    pub base_channels: usize,
    /// Nonlinearity of hidden layers.
    pub activation: Activation,
}

impl Default for MultiResUNet {
    fn default() -> Self {
        Self { depth: 4, base_channels: 32, activation: Activation::default() }
    }
}

impl Architecture for MultiResUNet {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        let &Self { depth, base_channels, activation } = self;
        ensure!((1..=8).contains(&depth), "multi-res u-net: depth must be 1 to 8, got {depth}");
        ensure!(base_channels >= 4, "multi-res u-net: base-channels must be 4 or more, got {base_channels}");
        let form = UnitForm {
            dims: spec.dims,
            norm: Norm::Batch,
            activation,
            order: BlockOrder::NormActivation,
            dropout: 0.0,
            init: Init::GlorotUniform,
        };
        let stride = match spec.dims {
            crate::Dims::Two => [2, 2, 1],
            crate::Dims::Three => [2; 3],
        };
        let block =
            |vs: &nn::Path<'_>, n_in, level: usize| MultiRes::new(vs, form, n_in, base_channels << level);

        let (mut down, mut n_in) = (Vec::new(), spec.n_channels);
        for level in 0..depth {
            let vs = vs / "down" / level;
            let block = block(&vs, n_in, level);
            n_in = block.n_out;
            let step = Down::new(&(&vs / "pool"), Pooling::Max, form, stride, n_in);
            down.push(Level { block: Box::new(block), down: step });
        }
        let bottom = block(&(vs / "bottom"), n_in, depth);
        n_in = bottom.n_out;
        let mut up = Vec::new();
        for level in (0..depth).rev() {
            let vs = vs / "up" / level;
            let width = base_channels << level;
            let path = ResPath::new(&(&vs / "path"), form, depth - level, down[level].block.n_out(), width);
            let sample = Up::new(&(&vs / "sample"), UpSampling::Transposed, form, stride, n_in, width);
            let block = block(&(&vs / "block"), 2 * width, level);
            n_in = block.n_out;
            up.push(UpLevel { sample, skip: Skip::ResPath(path), block: Box::new(block) });
        }
        let out = Conv::new(&(vs / "out" / "conv"), form.conv(1).without_bias(), n_in, spec.n_classes);
        let out_norm = Some(NormLayer::batch_without_scale(&(vs / "out" / "norm"), spec.n_classes));
        Ok(Box::new(Network {
            down,
            bottom: Box::new(bottom),
            up,
            out,
            out_norm,
            strides: vec![stride; depth],
        }))
    }
}

/// A convolution without bias and a batch norm without scale, activated or not.
#[derive(Debug)]
struct ConvNorm {
    conv: Conv,
    norm: NormLayer,
    activation: Option<Activation>,
}

impl ConvNorm {
    fn new(vs: &nn::Path<'_>, conv: ConvForm, n_in: usize, n_out: usize) -> Self {
        Self {
            conv: Conv::new(&(vs / "conv"), conv.without_bias(), n_in, n_out),
            norm: NormLayer::batch_without_scale(&(vs / "norm"), n_out),
            activation: None,
        }
    }

    fn active(self, activation: Activation) -> Self {
        Self { activation: Some(activation), ..self }
    }

    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let xs = self.norm.forward(&self.conv.forward(xs), train);
        match self.activation {
            Some(activation) => activation.apply(xs),
            None => xs,
        }
    }
}

#[derive(Debug)]
struct MultiRes {
    scales: [ConvNorm; 3],
    joined_norm: NormLayer,
    shortcut: ConvNorm,
    out_norm: NormLayer,
    activation: Activation,
    n_out: usize,
}

impl MultiRes {
    fn new(vs: &nn::Path<'_>, form: UnitForm, n_in: usize, level_channels: usize) -> Self {
        let w = 1.67 * level_channels as f64;
        let widths = [0.167, 0.333, 0.5].map(|part| (w * part) as usize);
        let n_out = widths.iter().sum();
        let unit = |idx: usize, n_in| {
            ConvNorm::new(&(vs / idx), form.conv(3), n_in, widths[idx]).active(form.activation)
        };
        Self {
            scales: [unit(0, n_in), unit(1, widths[0]), unit(2, widths[1])],
            joined_norm: NormLayer::batch(&(vs / "joined"), n_out),
            shortcut: ConvNorm::new(&(vs / "shortcut"), form.conv(1), n_in, n_out),
            out_norm: NormLayer::batch(&(vs / "norm"), n_out),
            activation: form.activation,
            n_out,
        }
    }
}

impl Block for MultiRes {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let [first, second, third] = &self.scales;
        let near = first.forward(xs, train);
        let wider = second.forward(&near, train);
        let widest = third.forward(&wider, train);
        let joined = self.joined_norm.forward(&Tensor::cat(&[near, wider, widest], 1), train);
        let sum = joined + self.shortcut.forward(xs, train);
        self.out_norm.forward(&self.activation.apply(sum), train)
    }

    fn n_out(&self) -> usize {
        self.n_out
    }
}

/// A chain of residual convolutions on a skip connection.
#[derive(Debug)]
pub(super) struct ResPath {
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    conv: ConvNorm,
    shortcut: ConvNorm,
    norm: NormLayer,
    activation: Activation,
}

impl ResPath {
    fn new(vs: &nn::Path<'_>, form: UnitForm, length: usize, n_in: usize, width: usize) -> Self {
        let link = |idx: usize| {
            let (vs, n_in) = (vs / idx, if idx == 0 { n_in } else { width });
            Link {
                conv: ConvNorm::new(&(&vs / "conv"), form.conv(3), n_in, width).active(form.activation),
                shortcut: ConvNorm::new(&(&vs / "shortcut"), form.conv(1), n_in, width),
                norm: NormLayer::batch(&(&vs / "norm"), width),
                activation: form.activation,
            }
        };
        Self { links: (0..length).map(link).collect() }
    }

    pub(super) fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        self.links.iter().fold(xs.shallow_clone(), |xs, link| {
            let sum = link.shortcut.forward(&xs, train) + link.conv.forward(&xs, train);
            link.norm.forward(&link.activation.apply(sum), train)
        })
    }
}
