//! Normalization of feature maps.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

/// How a block normalizes its feature maps; all with a learned scale and shift per channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Over the batch, with running statistics for prediction: momentum 0.99 and ε 1e-3, as MIScnn has it. With
    /// batches of one or two and short trainings the running statistics lag behind the weights: prefer `instance`.
    #[default]
    Batch,
    /// Each channel of each patch by itself, ε 1e-5, as nnU-Net has it.
    Instance,
    /// Groups of this many neighbouring channels of each patch together, ε 1e-5.
    Group {
        /// Channels of a group; a divisor of every level's width.
        channels: usize,
    },
    /// Not at all.
    None,
}

/// The normalization of one layer.
#[derive(Debug)]
pub(crate) struct NormLayer {
    weight: Tensor,
    bias: Tensor,
    kind: LayerKind,
}

#[derive(Debug)]
enum LayerKind {
    Batch { mean: Tensor, var: Tensor },
    Group { n_groups: i64 },
}

impl Norm {
    /// The layer for this many channels.
    pub(crate) fn layer(self, vs: &nn::Path<'_>, n_channels: usize) -> Result<Option<NormLayer>> {
        let n = [n_channels as i64];
        let kind = match self {
            Self::None => return Ok(None),
            Self::Batch => {
                LayerKind::Batch { mean: vs.zeros_no_train("mean", &n), var: vs.ones_no_train("var", &n) }
            }
            // The arithmetic of instance norm; unlike libtorch's own it keeps a channels-last layout and is faster.
            Self::Instance => LayerKind::Group { n_groups: n[0] },
            Self::Group { channels } => {
                ensure!(
                    channels > 0 && n_channels.is_multiple_of(channels),
                    "group norm: {channels} channels a group do not divide a level of {n_channels} channels"
                );
                LayerKind::Group { n_groups: (n_channels / channels) as i64 }
            }
        };
        Ok(Some(NormLayer { weight: vs.ones("weight", &n), bias: vs.zeros("bias", &n), kind }))
    }
}

impl NormLayer {
    pub(crate) fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let (weight, bias) = (Some(&self.weight), Some(&self.bias));
        match &self.kind {
            // libtorch's momentum is the weight of the new value.
            LayerKind::Batch { mean, var } => {
                xs.batch_norm(weight, bias, Some(mean), Some(var), train, 0.01, 1e-3, true)
            }
            LayerKind::Group { n_groups } => xs.group_norm(*n_groups, weight, bias, 1e-5, true),
        }
    }
}
