//! nnU-Net's network with a residual encoder.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use super::decoder::Decoder;
use super::network::{StagedNetwork, per_stage, unit_form};
use crate::layers::{Block, ConvForm, Down, Stack, Unit, UnitForm};
use crate::{Activation, Architecture, ModelSpec, Norm, Pooling, SegModel};

/// nnU-Net's `ResidualEncoderUNet` (Isensee et al. 2024): a stem, stages of residual blocks, and the decoder of
/// [`PlainConvUNet`](crate::PlainConvUNet) with one convolution a level.
///
/// A block is two units, the second activated after the addition; where it changes extent or width, its shortcut is
/// the mean of each window and then a normalized convolution of kernel 1 (ResNet-D, He et al. 2019). Weights have
/// PyTorch's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResidualEncoderUNet {
    /// Channels of each stage, finest first.
    pub features: Vec<usize>,
    /// Residual blocks of each stage, finest first.
    pub blocks: Vec<usize>,
    /// By how much each stage reduces the extent along i, j and k, finest first; none is 1, then 2 everywhere.
    pub strides: Option<Vec<[usize; 3]>>,
    /// Kernel of each stage along i, j and k, odd; none is 3 everywhere.
    pub kernels: Option<Vec<[usize; 3]>>,
    /// Convolutions of each level of the decoder.
    pub decoder_convs: usize,
    /// Normalization of hidden layers.
    pub norm: Norm,
    /// Nonlinearity of hidden layers.
    pub activation: Activation,
    /// Probability that training silences a value after each block's first convolution.
    pub dropout: f64,
}

/// nnU-Net's presets, by the GPU memory that a training of batch 2 is planned for. They plan larger patches, and the
/// network follows the patch: a stage for each halving that leaves 4 voxels a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResidualEncoderSize {
    /// 9 to 11 GB: six stages, for patches of 128 voxels a side.
    M,
    /// 24 GB: six stages, for patches of up to 224 voxels a side.
    L,
    /// 40 GB: seven stages, for patches of 256 voxels a side.
    Xl,
}

impl ResidualEncoderUNet {
    /// The network that nnU-Net's preset comes to for scans of isotropic spacing; others have strides of their own.
    #[must_use]
    pub fn preset(size: ResidualEncoderSize) -> Self {
        let n_stages = match size {
            ResidualEncoderSize::M | ResidualEncoderSize::L => 6,
            ResidualEncoderSize::Xl => 7,
        };
        let width = |stage: usize| (32_usize << stage).min(320);
        Self {
            features: (0..n_stages).map(width).collect(),
            blocks: [1, 3, 4, 6, 6, 6, 6][..n_stages].to_vec(),
            strides: None,
            kernels: None,
            decoder_convs: 1,
            norm: Norm::Instance,
            activation: Activation::LeakyRelu,
            dropout: 0.0,
        }
    }
}

impl Default for ResidualEncoderUNet {
    fn default() -> Self {
        Self::preset(ResidualEncoderSize::L)
    }
}

impl Architecture for ResidualEncoderUNet {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        let n_stages = self.features.len();
        ensure!(
            (2..=9).contains(&n_stages),
            "residual-encoder u-net: features must be those of 2 to 9 stages, got {n_stages}"
        );
        ensure!(
            self.blocks.len() == n_stages,
            "residual-encoder u-net: expected blocks for each of {n_stages} stages, got {}",
            self.blocks.len()
        );
        ensure!(
            self.features.iter().chain(&self.blocks).all(|&n| n > 0) && self.decoder_convs > 0,
            "residual-encoder u-net: features, blocks and decoder-convs must be positive"
        );
        let stride = |stage: usize| if stage == 0 { [1; 3] } else { [2; 3] };
        let strides = per_stage("strides", self.strides.as_ref(), stride, n_stages, spec.dims)?;
        let kernels = per_stage("kernels", self.kernels.as_ref(), |_| [3; 3], n_stages, spec.dims)?;
        ensure!(kernels.iter().flatten().all(|n| n % 2 == 1), "kernels must be odd, got {kernels:?}");
        let form = unit_form(spec.dims, self.norm, self.activation, self.dropout);

        let encoder = vs / "encoder";
        let stem = Unit::new(
            &(&encoder / "stem" / "convs" / 0),
            form,
            ConvForm { kernel: kernels[0], ..form.conv(3) },
            spec.n_channels,
            self.features[0],
        )?;
        let stem = Stack::of(vec![stem], self.features[0]);
        let mut n_in = self.features[0];
        let mut stages: Vec<Box<dyn Block>> = Vec::new();
        for (idx, &width) in self.features.iter().enumerate() {
            let block = |block: usize| {
                let vs = &encoder / "stages" / idx / "blocks" / block;
                let (n_in, stride) = if block == 0 { (n_in, strides[idx]) } else { (width, [1; 3]) };
                Residual::new(&vs, form, kernels[idx], stride, n_in, width)
            };
            let blocks: Vec<Residual> = (0..self.blocks[idx]).map(block).collect::<Result<_>>()?;
            stages.push(Box::new(Stage { blocks, n_out: width }));
            n_in = width;
        }
        let n_convs = vec![self.decoder_convs; n_stages - 1];
        let vs = vs / "decoder";
        let decoder = Decoder::new(&vs, form, &self.features, &strides, &kernels, &n_convs, spec.n_classes)?;
        Ok(Box::new(StagedNetwork { stem: Some(Box::new(stem)), stages, decoder, strides }))
    }
}

#[derive(Debug)]
struct Stage {
    blocks: Vec<Residual>,
    n_out: usize,
}

impl Block for Stage {
    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        self.blocks.iter().fold(xs.shallow_clone(), |xs, block| block.forward(&xs, train))
    }

    fn n_out(&self) -> usize {
        self.n_out
    }
}

#[derive(Debug)]
struct Residual {
    first: Unit,
    second: Unit,
    pool: Option<Down>,
    projection: Option<Unit>,
    activation: Activation,
}

impl Residual {
    fn new(
        vs: &nn::Path<'_>,
        form: UnitForm,
        kernel: [usize; 3],
        stride: [usize; 3],
        n_in: usize,
        n_out: usize,
    ) -> Result<Self> {
        let conv = ConvForm { kernel, ..form.conv(3) };
        let pool = stride
            .iter()
            .any(|&n| n > 1)
            .then(|| Down::new(&(vs / "skip" / 0), Pooling::Average, form, stride, n_in));
        // The place in the list of what the shortcut does is part of PyTorch's name.
        let projection = if n_in == n_out {
            None
        } else {
            let vs = vs / "skip" / usize::from(pool.is_some());
            Some(Unit::new(&vs, form, form.conv(1).without_bias(), n_in, n_out)?.linear())
        };
        Ok(Self {
            first: Unit::new(&(vs / "conv1"), form, conv.with_stride(stride), n_in, n_out)?,
            second: Unit::new(&(vs / "conv2"), form, conv, n_out, n_out)?.linear(),
            pool,
            projection,
            activation: form.activation,
        })
    }

    fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let mut shortcut = xs.shallow_clone();
        if let Some(pool) = &self.pool {
            shortcut = pool.forward(&shortcut);
        }
        if let Some(projection) = &self.projection {
            shortcut = projection.forward(&shortcut, train);
        }
        let output = self.second.forward(&self.first.forward(xs, train), train);
        self.activation.apply(output + shortcut)
    }
}
