//! Convolution in the precision of its input.

use tch::{Device, Kind, Tensor, nn};

use super::channels_last;
use crate::Dims;

/// How the weights of a convolution are drawn; biases begin at 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Init {
    /// Uniformly from ±√(6 / (fan in + fan out)) (Glorot & Bengio 2010), as MIScnn does.
    #[default]
    GlorotUniform,
    /// Normally with the deviation √(2 / (1 + 0.01²) / fan in) (He et al. 2015), as nnU-Net does.
    KaimingNormal,
}

/// What a convolution is besides its widths. Kernel and stride are along i, j and k; planes use the first two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvForm {
    pub(crate) dims: Dims,
    pub(crate) kernel: [usize; 3],
    pub(crate) stride: [usize; 3],
    pub(crate) bias: bool,
    pub(crate) init: Init,
}

impl ConvForm {
    /// A kernel of this size along each axis, stride 1, with bias.
    pub(crate) fn of_size(dims: Dims, size: usize, init: Init) -> Self {
        Self { dims, kernel: [size; 3], stride: [1; 3], bias: true, init }
    }

    pub(crate) fn with_stride(self, stride: [usize; 3]) -> Self {
        Self { stride, ..self }
    }

    pub(crate) fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }
}

/// A convolution or transposed convolution, for planes or volumes.
#[derive(Debug)]
pub(crate) struct Conv {
    weight: Tensor, // (out, in, kernel…); transposed (in, out, kernel…)
    bias: Option<Tensor>,
    stride: Vec<i64>,
    padding: Vec<i64>,
    transposed: bool,
}

impl Conv {
    /// Convolution with odd kernels, padded so that a stride of 1 keeps the extent.
    pub(crate) fn new(vs: &nn::Path<'_>, form: ConvForm, n_in: usize, n_out: usize) -> Self {
        let padding = form.kernel.map(|size| size / 2);
        Self::build(vs, form, [n_out, n_in], n_out, padding, false)
    }

    /// Transposed convolution whose kernel is its stride: it multiplies the extent by the stride.
    pub(crate) fn up(vs: &nn::Path<'_>, form: ConvForm, n_in: usize, n_out: usize) -> Self {
        let form = ConvForm { kernel: form.stride, ..form };
        Self::build(vs, form, [n_in, n_out], n_out, [0; 3], true)
    }

    fn build(
        vs: &nn::Path<'_>,
        form: ConvForm,
        ends: [usize; 2],
        n_out: usize,
        padding: [usize; 3],
        transposed: bool,
    ) -> Self {
        let along = |sizes: [usize; 3]| sizes[..form.dims.n_axes()].iter().map(|&n| n as i64).collect();
        let kernel: Vec<i64> = along(form.kernel);
        let shape: Vec<i64> = ends.map(|n| n as i64).into_iter().chain(kernel.iter().copied()).collect();
        let receptive_field = kernel.iter().product::<i64>() as f64;
        let weight = match form.init {
            Init::GlorotUniform => {
                let bound = (6.0 / ((ends[0] + ends[1]) as f64 * receptive_field)).sqrt();
                vs.uniform("weight", &shape, -bound, bound)
            }
            Init::KaimingNormal => {
                let fan_in = ends[1] as f64 * receptive_field;
                vs.randn("weight", &shape, 0.0, (2.0 / (1.0 + 0.01_f64.powi(2)) / fan_in).sqrt())
            }
        };
        let bias = form.bias.then(|| vs.zeros("bias", &[n_out as i64]));
        Self { weight, bias, stride: along(form.stride), padding: along(padding), transposed }
    }

    /// The convolved input, in its kind: over `f32` weights a bf16 input gives a bf16 convolution, and the weights'
    /// gradient comes back in `f32`.
    pub(crate) fn forward(&self, xs: &Tensor) -> Tensor {
        let kind = xs.kind();
        let weight = in_kind(&self.weight, kind);
        let bias = self.bias.as_ref().map(|bias| in_kind(bias, kind));
        let (stride, padding) = (self.stride.as_slice(), self.padding.as_slice());
        let (zeros, ones) = (vec![0; stride.len()], vec![1; stride.len()]);
        if !self.transposed && has_onednn(xs) {
            // libtorch's own choice leaves oneDNN, and with it the layout, where a single image has few channels.
            return match self.padded(xs) {
                Some(xs) => {
                    let padding: Vec<i64> = [0].into_iter().chain(padding[1..].iter().copied()).collect();
                    xs.mkldnn_convolution(&weight, bias, &padding, stride, &ones, 1)
                }
                None => xs.mkldnn_convolution(&weight, bias, padding, stride, &ones, 1),
            };
        }
        let xs = xs.convolution(&weight, bias, stride, padding, &ones, self.transposed, &zeros, 1);
        channels_last(&xs)
    }

    /// The input with its border of zeros along the first axis, where no position of the kernel lies within the input
    /// along that axis. There oneDNN 3.x's gradient of a volume's weights holds memory that nobody wrote (bf16: not
    /// even numbers, now and then; kernels of 7 and more: a crash), unless the border is part of the input.
    fn padded(&self, xs: &Tensor) -> Option<Tensor> {
        let (kernel, border, stride) = (self.weight.size()[2], self.padding[0], self.stride[0]);
        let extent = xs.size()[2];
        let first_inside = (border + stride - 1) / stride * stride - border;
        if self.padding.len() < 3 || first_inside + kernel <= extent {
            return None;
        }
        Some(xs.constant_pad_nd([0, 0, 0, 0, border, border]))
    }
}

/// Whether oneDNN convolves tensors like this one.
fn has_onednn(xs: &Tensor) -> bool {
    xs.device() == Device::Cpu
        && matches!(xs.kind(), Kind::Float | Kind::BFloat16)
        && tch::utils::has_mkldnn()
}

fn in_kind(weight: &Tensor, kind: Kind) -> Tensor {
    if weight.kind() == kind { weight.shallow_clone() } else { weight.to_kind(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    /// Leaves freed memory full of values that are no numbers.
    fn soil() {
        let _: Vec<Tensor> = (0..48)
            .map(|n| Tensor::full([1 << (8 + n % 12)], f64::NAN, (Kind::Float, Device::Cpu)))
            .collect();
    }

    #[test]
    fn gradients_of_thin_volumes_are_those_of_double_precision() {
        let store = nn::VarStore::new(Device::Cpu);
        for (n, (kernel, stride, extent)) in
            [(3, 1, 1), (3, 1, 2), (3, 1, 3), (3, 2, 2), (5, 1, 3), (5, 2, 4), (7, 1, 4)]
                .into_iter()
                .enumerate()
        {
            let form =
                ConvForm::of_size(Dims::Three, kernel, Init::KaimingNormal).with_stride([stride, 1, 1]);
            let form = ConvForm { kernel: [kernel, 3, 3], ..form };
            let conv = Conv::new(&(store.root() / n), form, 24, 40);
            let images = Tensor::randn([2, 24, extent, 3, 4], (Kind::Float, Device::Cpu));
            let gradients = |kind: Kind| {
                soil();
                let images = channels_last(&images.to_kind(kind)).set_requires_grad(true);
                let found = conv.forward(&images);
                soil();
                Tensor::run_backward(
                    &[found.square().sum(Kind::Double)],
                    &[&images, &conv.weight],
                    false,
                    false,
                )
            };
            let expected = gradients(Kind::Double);
            for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::BFloat16, 2e-2)] {
                for (found, expected) in gradients(kind).iter().zip(&expected) {
                    let error = (found.to_kind(Kind::Double) - expected.to_kind(Kind::Double)).abs().max();
                    let error = (error / expected.abs().max()).double_value(&[]);
                    assert!(error < tolerance, "{kernel} {stride} {extent} {kind:?}: {error}");
                }
            }
        }
    }
}
