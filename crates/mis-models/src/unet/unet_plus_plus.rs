//! U-Net++.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use super::network::divisor;
use crate::layers::{Block as _, Conv, Down, Init, Stack, UnitForm, Up, channels_last};
use crate::{Activation, Architecture, BlockOrder, Dims, ModelSpec, Norm, Pooling, SegModel, UpSampling};

/// U-Net++ (Zhou et al. 2018): U-Nets of every depth up to `depth`, one inside the other, whose skip connections are
/// dense.
///
/// Node (l, n) at level l is two units of the joined nodes (l, 0) … (l, n−1) and the up-sampled node (l+1, n−1). The
/// logits are those of node (0, `depth`); under deep supervision nodes (0, 1) … (0, `depth`−1) give logits too, all of
/// full extent, so that the network can be pruned. Sides of the input are multiples of `2^depth`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UNetPlusPlus {
    /// Number of times the extent is halved.
    pub depth: usize,
    /// Channels of the first level; each level has twice those of the finer one.
    pub base_channels: usize,
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
}

impl Default for UNetPlusPlus {
    fn default() -> Self {
        Self {
            depth: 4,
            base_channels: 32,
            norm: Norm::Batch,
            activation: Activation::Relu,
            order: BlockOrder::NormActivation,
            dropout: 0.0,
            pooling: Pooling::Max,
            up_sampling: UpSampling::Transposed,
        }
    }
}

impl Architecture for UNetPlusPlus {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        let &Self { depth, base_channels, norm, activation, order, dropout, pooling, up_sampling } = self;
        ensure!((1..=8).contains(&depth), "u-net++: depth must be 1 to 8, got {depth}");
        ensure!(base_channels > 0, "u-net++: base-channels must be positive, got 0");
        ensure!((0.0..1.0).contains(&dropout), "u-net++: dropout must be in [0, 1), got {dropout}");
        let form = UnitForm { dims: spec.dims, norm, activation, order, dropout, init: Init::GlorotUniform };
        let stride = match spec.dims {
            Dims::Two => [2, 2, 1],
            Dims::Three => [2; 3],
        };
        let width = |level: usize| base_channels << level;
        let (mut columns, mut pools) = (Vec::new(), Vec::new());
        for n in 0..=depth {
            let mut column = Vec::new();
            for level in 0..=depth - n {
                let vs = vs / "nodes" / level / n;
                let (n_in, up) = match (n, level) {
                    (0, 0) => (spec.n_channels, None),
                    (0, _) => (width(level - 1), None),
                    _ => {
                        let (below, own) = (width(level + 1), width(level));
                        let up = Up::new(&(&vs / "sample"), up_sampling, form, stride, below, own);
                        ((n + 1) * own, Some(up))
                    }
                };
                column.push(Node { up, block: Stack::two(&(&vs / "block"), form, n_in, width(level))? });
            }
            columns.push(column);
        }
        for level in 0..depth {
            pools.push(Down::new(&(vs / "pools" / level), pooling, form, stride, width(level)));
        }
        let head = |n: usize| Conv::new(&(vs / "out" / n), form.conv(1), width(0), spec.n_classes);
        let heads = (1..=depth).map(head).collect();
        Ok(Box::new(PlusPlus { columns, pools, heads, strides: vec![stride; depth] }))
    }
}

#[derive(Debug)]
struct Node {
    up: Option<Up>,
    block: Stack,
}

/// A built [`UNetPlusPlus`].
#[derive(Debug)]
struct PlusPlus {
    columns: Vec<Vec<Node>>, // (n, level): column 0 is the encoder
    pools: Vec<Down>,
    heads: Vec<Conv>, // of columns 1 …
    strides: Vec<[usize; 3]>,
}

impl PlusPlus {
    /// The outputs of the finest level, column by column from the second.
    fn finest(&self, images: &Tensor, train: bool) -> Vec<Tensor> {
        let mut levels: Vec<Vec<Tensor>> = Vec::new(); // (level, n)
        let mut xs = channels_last(images);
        for (level, node) in self.columns[0].iter().enumerate() {
            let output = node.block.forward(&xs, train);
            if let Some(pool) = self.pools.get(level) {
                xs = pool.forward(&output);
            }
            levels.push(vec![output]);
        }
        for (n, column) in self.columns.iter().enumerate().skip(1) {
            for (level, node) in column.iter().enumerate() {
                let below = &levels[level + 1][n - 1];
                let mut joined: Vec<Tensor> = node.up.iter().map(|up| up.forward(below)).collect();
                joined.extend(levels[level].iter().map(Tensor::shallow_clone));
                let output = node.block.forward(&Tensor::cat(&joined, 1), train);
                levels[level].push(output);
            }
        }
        levels.swap_remove(0).split_off(1)
    }
}

impl nn::ModuleT for PlusPlus {
    fn forward_t(&self, images: &Tensor, train: bool) -> Tensor {
        let outputs = self.finest(images, train);
        self.heads[self.heads.len() - 1].forward(&outputs[outputs.len() - 1])
    }
}

impl SegModel for PlusPlus {
    fn divisor(&self) -> [usize; 3] {
        divisor(&self.strides)
    }

    fn n_heads(&self) -> usize {
        self.heads.len()
    }

    fn forward_heads(&self, images: &Tensor, train: bool) -> Vec<Tensor> {
        let outputs = self.finest(images, train);
        self.heads.iter().zip(&outputs).rev().map(|(head, output)| head.forward(output)).collect()
    }

    fn mixes_patches(&self) -> bool {
        false
    }
}
