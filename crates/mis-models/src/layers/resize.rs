//! From a level to the next coarser or finer one.

use serde::{Deserialize, Serialize};
use tch::{Tensor, nn};

use super::{Conv, UnitForm};
use crate::Dims;

/// How a level's output becomes the input of the next coarser level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The maximum of each window.
    #[default]
    Max,
    /// The mean of each window.
    Average,
    /// A convolution of kernel 3 with the window as stride.
    Conv,
}

/// How a level's output becomes as large as the next finer level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpSampling {
    /// A transposed convolution whose kernel and stride are the factor.
    #[default]
    Transposed,
    /// A convolution of kernel 1 to the finer level's width, then each voxel repeated.
    Nearest,
    /// A convolution of kernel 1 to the finer level's width, then linear interpolation.
    Linear,
}

/// A step down.
#[derive(Debug)]
pub(crate) enum Down {
    Max { window: [usize; 3], dims: Dims },
    Average { window: [usize; 3] },
    Conv(Conv),
}

impl Down {
    /// By windows along i, j, k of `width` channels; what it learns is under `vs`.
    pub(crate) fn new(
        vs: &nn::Path<'_>,
        pooling: Pooling,
        form: UnitForm,
        window: [usize; 3],
        width: usize,
    ) -> Self {
        match pooling {
            Pooling::Max => Self::Max { window, dims: form.dims },
            Pooling::Average => Self::Average { window },
            Pooling::Conv => Self::Conv(Conv::new(vs, form.conv(3).with_stride(window), width, width)),
        }
    }

    pub(crate) fn forward(&self, xs: &Tensor) -> Tensor {
        let sizes = |window: &[usize; 3]| window.map(|n| n as i64);
        match self {
            Self::Max { window, dims: Dims::Three } => {
                let window = sizes(window);
                xs.max_pool3d(window, window, [0; 3], [1; 3], false)
            }
            Self::Max { window, dims: Dims::Two } => {
                let [i, j, _] = sizes(window);
                xs.max_pool2d([i, j], [i, j], [0; 2], [1; 2], false)
            }
            Self::Average { window } => mean(xs, *window),
            Self::Conv(conv) => conv.forward(xs),
        }
    }
}

/// The mean of each window. libtorch's own pooling gives the layout up, and has no bf16 for volumes.
fn mean(xs: &Tensor, window: [usize; 3]) -> Tensor {
    let mut sum = xs.shallow_clone();
    let mut n_voxels = 1;
    for (axis, n) in (2..xs.dim() as i64).zip(window.map(|n| n as i64)) {
        sum = (1..n).fold(sum.slice(axis, 0, None, n), |all, at| all + sum.slice(axis, at, None, n));
        n_voxels *= n;
    }
    if n_voxels == 1 { sum } else { sum / n_voxels }
}

/// A step up to another width.
#[derive(Debug)]
pub(crate) struct Up {
    conv: Conv,
    by: UpSampling,
    factor: [usize; 3],
}

impl Up {
    /// By a factor along i, j, k from `n_in` to `n_out` channels.
    pub(crate) fn new(
        vs: &nn::Path<'_>,
        by: UpSampling,
        form: UnitForm,
        factor: [usize; 3],
        n_in: usize,
        n_out: usize,
    ) -> Self {
        let conv = match by {
            UpSampling::Transposed => Conv::up(vs, form.conv(1).with_stride(factor), n_in, n_out),
            UpSampling::Nearest | UpSampling::Linear => Conv::new(vs, form.conv(1), n_in, n_out),
        };
        Self { conv, by, factor }
    }

    pub(crate) fn forward(&self, xs: &Tensor) -> Tensor {
        let xs = self.conv.forward(xs);
        match self.by {
            UpSampling::Transposed => xs,
            UpSampling::Nearest => repeat(&xs, self.factor),
            UpSampling::Linear => {
                let size = scaled(&xs, self.factor);
                match size.len() {
                    2 => xs.upsample_bilinear2d(size, false, None, None),
                    _ => xs.upsample_trilinear3d(size, false, None, None, None),
                }
            }
        }
    }
}

/// Each voxel repeated along i, j, k.
pub(crate) fn repeat(xs: &Tensor, factor: [usize; 3]) -> Tensor {
    let size = scaled(xs, factor);
    match size.len() {
        2 => xs.upsample_nearest2d(size, None, None),
        _ => xs.upsample_nearest3d(size, None, None, None),
    }
}

/// The spatial extent times a factor.
fn scaled(xs: &Tensor, factor: [usize; 3]) -> Vec<i64> {
    xs.size()[2..].iter().zip(factor).map(|(&side, factor)| side * factor as i64).collect()
}
