//! The one border between arrays and tensors: values cross it as slices.

use anyhow::Result;
use mis_core::ndarray::{ArrayView4, ArrayView5};
use mis_models::Dims;
use mis_models::tch::{Device, Kind, Tensor};

/// Images `(batch, channel, i, j, k)` as a tensor of this kind on a device; a network for planes gets them without k.
pub(crate) fn images(images: ArrayView5<'_, f32>, dims: Dims, device: Device, kind: Kind) -> Result<Tensor> {
    let images = images.as_standard_layout();
    let tensor = Tensor::f_from_slice(images.as_slice().expect("standard layout"))?;
    let tensor = tensor.f_reshape(sizes(images.shape()))?.f_to_device(device)?.f_to_kind(kind)?;
    without_depth(tensor, dims)
}

/// Class indices `(batch, i, j, k)` as `Int64` on a device; without k for planes.
pub(crate) fn target(labels: ArrayView4<'_, u8>, dims: Dims, device: Device) -> Result<Tensor> {
    let labels = labels.as_standard_layout();
    let tensor = Tensor::f_from_slice(labels.as_slice().expect("standard layout"))?;
    let tensor = tensor.f_reshape(sizes(labels.shape()))?.f_to_device(device)?.f_to_kind(Kind::Int64)?;
    without_depth(tensor, dims)
}

/// All values in `f32`, last axis fastest.
pub(crate) fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    let tensor = tensor.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let mut values = vec![0.0; tensor.numel()];
    tensor.f_copy_data(&mut values, tensor.numel())?;
    Ok(values)
}

fn sizes(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&n| n as i64).collect()
}

fn without_depth(tensor: Tensor, dims: Dims) -> Result<Tensor> {
    match dims {
        Dims::Two => Ok(tensor.f_squeeze_dim(-1)?),
        Dims::Three => Ok(tensor),
    }
}
