//! Heads, strides and kernels of nnU-Net's networks.

use super::*;
use crate::{Architecture, Dims, Model, ModelSpec};
use tch::{Device, Kind, Tensor};

fn build(architecture: &dyn Architecture, dims: Dims) -> Model {
    Model::build(architecture, ModelSpec { n_channels: 1, n_classes: 3, dims }, Device::Cpu, 0).unwrap()
}

fn small() -> PlainConvUNet {
    PlainConvUNet { features: vec![4, 8, 12], ..PlainConvUNet::default() }
}

fn small_residual() -> ResidualEncoderUNet {
    ResidualEncoderUNet { features: vec![4, 8, 8], blocks: vec![1, 2, 1], ..ResidualEncoderUNet::default() }
}

#[test]
fn heads_are_as_coarse_as_their_level_and_the_first_is_the_logits() {
    for architecture in [&small() as &dyn Architecture, &small_residual()] {
        for (dims, size) in [(Dims::Two, vec![2, 1, 8, 16]), (Dims::Three, vec![2, 1, 8, 8, 16])] {
            let model = build(architecture, dims);
            let xs = Tensor::ones(&size, (Kind::Float, Device::Cpu));
            let heads = model.net.forward_heads(&xs, false);
            assert_eq!(heads.len(), 2);
            assert_eq!(heads[0], model.net.forward_t(&xs, false));
            assert_eq!(heads[0].size()[2..], size[2..]);
            let coarse: Vec<i64> = size[2..].iter().map(|side| side / 2).collect();
            assert_eq!(heads[1].size()[2..], coarse);
        }
    }
}

#[test]
fn strides_and_kernels_may_differ_by_stage_and_axis() {
    let unet = PlainConvUNet {
        strides: Some(vec![[1; 3], [1, 2, 2], [2; 3]]),
        kernels: Some(vec![[1, 3, 3], [3; 3], [3; 3]]),
        ..small()
    };
    let model = build(&unet, Dims::Three);
    assert_eq!(model.net.divisor(), [2, 4, 4]);
    assert_eq!(model.variables()["encoder.stages.0.0.convs.0.conv.weight"].size(), [4, 1, 1, 3, 3]);
    let logits = model.net.forward_t(&Tensor::ones([1, 1, 4, 8, 8], (Kind::Float, Device::Cpu)), false);
    assert_eq!(logits.size(), [1, 3, 4, 8, 8]);
    let wrong = PlainConvUNet { kernels: Some(vec![[2; 3]; 3]), ..small() };
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
    assert!(
        Model::build(&wrong, spec, Device::Cpu, 0)
            .unwrap_err()
            .to_string()
            .starts_with("kernels must be odd")
    );
}
