//! Normalization of feature maps.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor, nn};

/// How a block normalizes its feature maps; all with a learned scale and shift per channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
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
    weight: Option<Tensor>,
    bias: Tensor,
    kind: LayerKind,
}

#[derive(Debug)]
enum LayerKind {
    Batch { mean: Tensor, var: Tensor },
    Instance { n_channels: i64 },
    Group { n_groups: i64 },
}

impl Norm {
    /// The layer for this many channels.
    pub(crate) fn layer(self, vs: &nn::Path<'_>, n_channels: usize) -> Result<Option<NormLayer>> {
        let n = [n_channels as i64];
        let kind = match self {
            Self::None => return Ok(None),
            Self::Batch => return Ok(Some(NormLayer::batch(vs, n_channels))),
            Self::Instance => LayerKind::Instance { n_channels: n[0] },
            Self::Group { channels } => {
                ensure!(
                    channels > 0 && n_channels.is_multiple_of(channels),
                    "group norm: {channels} channels a group do not divide a level of {n_channels} channels"
                );
                LayerKind::Group { n_groups: (n_channels / channels) as i64 }
            }
        };
        Ok(Some(NormLayer { weight: Some(vs.ones("weight", &n)), bias: vs.zeros("bias", &n), kind }))
    }
}

impl NormLayer {
    /// Batch norm, whatever a network's norm is.
    pub(crate) fn batch(vs: &nn::Path<'_>, n_channels: usize) -> Self {
        let n = [n_channels as i64];
        Self { weight: Some(vs.ones("weight", &n)), ..Self::batch_without_scale(vs, n_channels) }
    }

    /// Batch norm with a learned shift alone.
    pub(crate) fn batch_without_scale(vs: &nn::Path<'_>, n_channels: usize) -> Self {
        let n = [n_channels as i64];
        let kind = LayerKind::Batch { mean: vs.zeros_no_train("mean", &n), var: vs.ones_no_train("var", &n) };
        Self { weight: None, bias: vs.zeros("bias", &n), kind }
    }

    pub(crate) fn forward(&self, xs: &Tensor, train: bool) -> Tensor {
        let (weight, bias) = (self.weight.as_ref(), Some(&self.bias));
        match &self.kind {
            // libtorch's momentum is the weight of the new value.
            LayerKind::Batch { mean, var } => {
                xs.batch_norm(weight, bias, Some(mean), Some(var), train, 0.01, 1e-3, true)
            }
            // libtorch's own instance norm gives a channels-last layout up on the CPU, and is 3 to 18 times slower than
            // the ways below to the same numbers. On a GPU it is the other way round.
            LayerKind::Instance { n_channels } if xs.device() == Device::Cpu => {
                let for_gradient = xs.requires_grad(); // which moments taken apart would lack
                if train || (xs.kind() == Kind::Float && !for_gradient) {
                    self.by_patch(xs, train)
                } else {
                    xs.group_norm(*n_channels, weight, bias, 1e-5, true)
                }
            }
            LayerKind::Instance { .. } => {
                xs.instance_norm(weight, bias, None::<&Tensor>, None::<&Tensor>, true, 0.1, 1e-5, true)
            }
            LayerKind::Group { n_groups } => xs.group_norm(*n_groups, weight, bias, 1e-5, true),
        }
    }

    /// Instance norm as batch norm of one patch at a time: in training it is forth half as fast as group norm of one
    /// channel a group, and back three times (in bf16 twenty times) faster.
    ///
    /// libtorch's channels-last norms add up a million voxels one by one, which leaves 4 digits of a feature map. That is
    /// enough for a step of training; in prediction the moments are taken by libtorch's exact sums instead.
    fn by_patch(&self, xs: &Tensor, train: bool) -> Tensor {
        let axes: Vec<i64> = [0].into_iter().chain(2..xs.dim() as i64).collect();
        let normalized = |patch: &Tensor| {
            let (mut mean, mut var) = (None, None);
            if !train {
                let of = |xs: &Tensor| xs.mean_dim(axes.as_slice(), false, Kind::Float).to_kind(Kind::Double); // (channel)
                let first = of(patch);
                var = Some((of(&patch.square()) - first.square()).clamp_min(0.0).to_kind(Kind::Float));
                mean = Some(first.to_kind(Kind::Float));
            }
            let (weight, bias) = (self.weight.as_ref(), Some(&self.bias));
            patch.batch_norm(weight, bias, mean.as_ref(), var.as_ref(), train, 0.0, 1e-5, true)
        };
        let patches: Vec<Tensor> = xs.split(1, 0).iter().map(normalized).collect();
        match <[Tensor; 1]>::try_from(patches) {
            Ok([patch]) => patch,
            Err(patches) => Tensor::cat(&patches, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::channels_last;

    #[test]
    fn instance_norm_is_the_same_in_training_and_prediction_and_as_libtorchs() {
        let store = nn::VarStore::new(Device::Cpu);
        let norm = Norm::Instance.layer(&store.root(), 4).unwrap().unwrap();
        let _no_grad = tch::no_grad_guard();
        for size in [vec![2, 4, 6, 5], vec![1, 4, 6, 5, 7], vec![3, 4, 6, 5, 7]] {
            let xs = channels_last(&(Tensor::randn(&size, (Kind::Float, Device::Cpu)) * 3.0 + 1.0));
            let none = None::<&Tensor>;
            let expected = xs.instance_norm(none, none, none, none, true, 0.1, 1e-5, true);
            for train in [false, true] {
                let found = norm.forward(&xs, train);
                // Sums in another order.
                assert!((&found - &expected).abs().max().double_value(&[]) < 1e-5);
                assert_eq!(found.stride(), xs.stride(), "channels last");
            }
        }
    }

    #[test]
    fn moments_of_a_large_patch_are_exact_in_prediction() {
        let store = nn::VarStore::new(Device::Cpu);
        let norm = Norm::Instance.layer(&store.root(), 2).unwrap().unwrap();
        let _no_grad = tch::no_grad_guard();
        let xs = channels_last(&(Tensor::randn([1, 2, 96, 96, 96], (Kind::Float, Device::Cpu)) + 3.0));
        let none = None::<&Tensor>;
        let expected = xs.to_kind(Kind::Double).instance_norm(none, none, none, none, true, 0.1, 1e-5, true);
        let error = (norm.forward(&xs, false) - expected).abs().max().double_value(&[]);
        // libtorch's own channels-last norms are off by 4e-4 and more here.
        assert!(error < 1e-5, "{error}");
    }
}
