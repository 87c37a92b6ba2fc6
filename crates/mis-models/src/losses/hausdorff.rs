//! The Hausdorff loss.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::Loss;
use super::compared::Compared;

/// A smooth stand-in for the Hausdorff distance by erosion (Karimi & Salcudean 2019): errors count more the thicker they
/// are, so that outlying pieces go first. Add it to another loss, which finds the structure at all.
///
/// Of each foreground class the squared error `(p − y)²` is eroded n times by a cross of one voxel's reach: the mean over
/// the cross less ½, not below 0, scaled to a maximum of 1. The loss is the mean over voxels, classes and patches of
/// `Σ_k k^α · (error after the kth erosion)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hausdorff {
    /// α: how much thickness counts.
    pub alpha: f64,
    /// How many erosions: the thickest error told apart.
    pub erosions: usize,
}

impl Default for Hausdorff {
    fn default() -> Self {
        Self { alpha: 2.0, erosions: 10 }
    }
}

impl Loss for Hausdorff {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let compared = Compared::new(logits, target);
        let space = &logits.size()[2..];
        let shape = [&[logits.size()[0], 1], space].concat();
        let losses: Vec<Tensor> = (compared.first_foreground()..compared.n_classes())
            .map(|class| self.of_error(&compared.error(class).square().view(shape.as_slice())))
            .collect();
        Tensor::stack(&losses, 0).mean(compared.kind())
    }

    fn check(&self, _: usize) -> Result<()> {
        ensure!(
            (1..=50).contains(&self.erosions),
            "hausdorff: erosions must be 1 to 50, got {}",
            self.erosions
        );
        Ok(())
    }
}

impl Hausdorff {
    /// From the squared error `(batch, 1, space…)`.
    fn of_error(&self, error: &Tensor) -> Tensor {
        let n_axes = error.dim() - 2;
        let kernel = cross(n_axes, error);
        let ones = vec![1_i64; n_axes];
        let to_fold: Vec<i64> = (1..error.dim() as i64).collect();
        let mut error = error.shallow_clone();
        let mut sum = error.zeros_like();
        for k in 1..=self.erosions {
            let mean = error.convolution(
                &kernel,
                None::<&Tensor>,
                &ones,
                &ones,
                &ones,
                false,
                vec![0_i64; n_axes],
                1,
            );
            let eroded = (mean - 0.5).relu();
            let max = eroded.amax(to_fold.as_slice(), true);
            error = &eroded / max.where_self(&max.gt(0.0), &max.ones_like());
            sum += &error * (k as f64).powf(self.alpha);
        }
        sum.mean(None::<Kind>)
    }
}

/// A cross of one voxel's reach as a mean.
fn cross(n_axes: usize, like: &Tensor) -> Tensor {
    let n_cells = 3_usize.pow(n_axes as u32);
    let weight = 1.0 / (2 * n_axes + 1) as f64;
    let value = |mut cell: usize| {
        let mut away = 0;
        for _ in 0..n_axes {
            away += usize::from(cell % 3 != 1);
            cell /= 3;
        }
        if away <= 1 { weight } else { 0.0 }
    };
    let values: Vec<f64> = (0..n_cells).map(value).collect();
    let shape = [vec![1, 1], vec![3; n_axes]].concat();
    Tensor::from_slice(&values).view(shape.as_slice()).to_kind(like.kind()).to_device(like.device())
}
