//! nnU-Net's plain network.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::nn;

use super::decoder::Decoder;
use super::network::{StagedNetwork, per_stage, unit_form};
use crate::layers::{Block, ConvForm, Stack, Unit};
use crate::{Activation, Architecture, ModelSpec, Norm, SegModel};

/// nnU-Net's `PlainConvUNet` (Isensee et al. 2021): stages of convolution, instance norm and leaky ReLU.
///
/// Each stage after the first begins with a strided convolution; transposed convolutions lead back up. Every level of
/// the decoder has a head for deep supervision. Weights have PyTorch's names, so that a state dict of nnU-Net fits as it
/// is. The default is nnU-Net's for patches of 64 voxels: 16.5 million parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlainConvUNet {
    /// Channels of each stage, finest first.
    pub features: Vec<usize>,
    /// By how much each stage reduces the extent along i, j and k, finest first; none is 1, then 2 everywhere.
    pub strides: Option<Vec<[usize; 3]>>,
    /// Kernel of each stage along i, j and k, odd; none is 3 everywhere.
    pub kernels: Option<Vec<[usize; 3]>>,
    /// Convolutions of each stage of the encoder.
    pub convs_per_stage: usize,
    /// Convolutions of each level of the decoder.
    pub decoder_convs: usize,
    /// Normalization of hidden layers.
    pub norm: Norm,
    /// Nonlinearity of hidden layers.
    pub activation: Activation,
    /// Probability that training silences a value after each convolution.
    pub dropout: f64,
}

impl Default for PlainConvUNet {
    fn default() -> Self {
        Self {
            features: vec![32, 64, 128, 256, 320],
            strides: None,
            kernels: None,
            convs_per_stage: 2,
            decoder_convs: 2,
            norm: Norm::Instance,
            activation: Activation::LeakyRelu,
            dropout: 0.0,
        }
    }
}

impl Architecture for PlainConvUNet {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        let n_stages = self.features.len();
        ensure!(
            (2..=9).contains(&n_stages),
            "plain-conv u-net: features must be those of 2 to 9 stages, got {n_stages}"
        );
        ensure!(self.features.iter().all(|&n| n > 0), "plain-conv u-net: features must be positive");
        ensure!(
            self.convs_per_stage > 0 && self.decoder_convs > 0,
            "plain-conv u-net: each stage needs a convolution"
        );
        let stride = |stage: usize| if stage == 0 { [1; 3] } else { [2; 3] };
        let strides = per_stage("strides", self.strides.as_ref(), stride, n_stages, spec.dims)?;
        let kernels = per_stage("kernels", self.kernels.as_ref(), |_| [3; 3], n_stages, spec.dims)?;
        ensure!(kernels.iter().flatten().all(|n| n % 2 == 1), "kernels must be odd, got {kernels:?}");
        let form = unit_form(spec.dims, self.norm, self.activation, self.dropout);

        let mut n_in = spec.n_channels;
        let mut stages: Vec<Box<dyn Block>> = Vec::new();
        for (idx, &width) in self.features.iter().enumerate() {
            let unit = |unit: usize| {
                let vs = vs / "encoder" / "stages" / idx / 0 / "convs" / unit;
                let (n_in, stride) = if unit == 0 { (n_in, strides[idx]) } else { (width, [1; 3]) };
                let conv = ConvForm { kernel: kernels[idx], stride, ..form.conv(3) };
                Unit::new(&vs, form, conv, n_in, width)
            };
            let units: Vec<Unit> = (0..self.convs_per_stage).map(unit).collect::<Result<_>>()?;
            stages.push(Box::new(Stack::of(units, width)));
            n_in = width;
        }
        let n_convs = vec![self.decoder_convs; n_stages - 1];
        let vs = vs / "decoder";
        let decoder = Decoder::new(&vs, form, &self.features, &strides, &kernels, &n_convs, spec.n_classes)?;
        Ok(Box::new(StagedNetwork { stem: None, stages, decoder, strides }))
    }
}
