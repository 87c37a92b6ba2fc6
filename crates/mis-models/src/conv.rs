//! Convolution in the precision of its input.

use tch::{Kind, Tensor, nn};

use crate::Dims;

/// A convolution or transposed convolution with bias, for planes or volumes, with "same" padding.
#[derive(Debug)]
pub(crate) struct Conv {
    weight: Tensor, // (out, in, kernel…); transposed (in, out, kernel…)
    bias: Tensor,
    stride: Vec<i64>,
    padding: Vec<i64>,
    transposed: bool,
}

impl Conv {
    /// Convolution with a kernel of `size` (odd) along each axis that keeps the extent.
    pub(crate) fn same(vs: &nn::Path<'_>, dims: Dims, n_in: usize, n_out: usize, size: usize) -> Self {
        let n = dims.n_axes();
        Self {
            weight: glorot_uniform(vs, "weight", [n_out, n_in], &vec![size; n]),
            bias: vs.zeros("bias", &[n_out as i64]),
            stride: vec![1; n],
            padding: vec![(size / 2) as i64; n],
            transposed: false,
        }
    }

    /// Transposed convolution that doubles the extent: kernel 2, stride 2.
    pub(crate) fn up(vs: &nn::Path<'_>, dims: Dims, n_in: usize, n_out: usize) -> Self {
        let n = dims.n_axes();
        Self {
            weight: glorot_uniform(vs, "weight", [n_in, n_out], &vec![2; n]),
            bias: vs.zeros("bias", &[n_out as i64]),
            stride: vec![2; n],
            padding: vec![0; n],
            transposed: true,
        }
    }

    /// The convolved input, in its kind: over `f32` weights a bf16 input gives a bf16 convolution, and the weights'
    /// gradient comes back in `f32`.
    pub(crate) fn forward(&self, xs: &Tensor) -> Tensor {
        let kind = xs.kind();
        let zeros = vec![0; self.stride.len()];
        let ones = vec![1; self.stride.len()];
        xs.convolution(
            &in_kind(&self.weight, kind),
            Some(&in_kind(&self.bias, kind)),
            &self.stride,
            &self.padding,
            &ones,
            self.transposed,
            &zeros,
            1,
        )
    }
}

fn in_kind(weight: &Tensor, kind: Kind) -> Tensor {
    if weight.kind() == kind { weight.shallow_clone() } else { weight.to_kind(kind) }
}

/// A weight drawn uniformly from ±√(6 / (fan in + fan out)) (Glorot & Bengio 2010).
fn glorot_uniform(vs: &nn::Path<'_>, name: &str, ends: [usize; 2], kernel: &[usize]) -> Tensor {
    let receptive_field: usize = kernel.iter().product();
    let bound = (6.0 / ((ends[0] + ends[1]) * receptive_field) as f64).sqrt();
    let shape: Vec<i64> = ends.iter().chain(kernel).map(|&n| n as i64).collect();
    vs.uniform(name, &shape, -bound, bound)
}
