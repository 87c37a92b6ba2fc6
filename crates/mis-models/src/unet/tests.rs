//! Parameter counts, extents, layouts and draws of the U-Nets.

use super::*;
use crate::Model;
use tch::{Device, Kind, Tensor};

#[track_caller]
fn check_parameters(unet: &dyn Architecture, dims: Dims, total: usize, trainable: usize) {
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims };
    let model = Model::build(unet, spec, Device::Cpu, 0).unwrap();
    assert_eq!((model.n_parameters(), model.n_trainable()), (total, trainable), "{unet:?}");
}

#[test]
fn parameter_counts_for_planes_are_those_of_miscnn() {
    let check =
        |unet: &dyn Architecture, total, trainable| check_parameters(unet, Dims::Two, total, trainable);
    check(&UNet::default(), 7_771_363, 7_765_475);
    check(&UNet::plain_2d(), 10_195_293, 10_195_293);
    check(&UNet::residual(), 8_121_027, 8_115_139);
    check(&UNet::dense(), 15_782_790, 15_776_902);
    check(&MultiResUNet::default(), 7_262_612, 7_238_086);
    check(&UNet::compact(), 10_700_742, 10_694_854);
    check(&UNet::attention(), 8_909_127, 8_901_319);
    check(&UNet::attention_residual(), 8_954_567, 8_945_799);
}

#[test]
fn parameter_counts_for_volumes_are_those_of_miscnn() {
    let check =
        |unet: &dyn Architecture, total, trainable| check_parameters(unet, Dims::Three, total, trainable);
    check(&UNet::default(), 22_587_171, 22_581_283);
    check(&UNet::plain(), 29_686_633, 29_686_633);
    check(&UNet::residual(), 22_936_835, 22_930_947);
    check(&UNet::dense(), 45_640_198, 45_634_310);
    check(&MultiResUNet::default(), 18_656_996, 18_632_470);
    check(&UNet::compact(), 30_394_054, 30_388_166);
    check(&UNet::attention(), 25_291_655, 25_283_847);
    check(&UNet::attention_residual(), 25_381_095, 25_372_327);
}

#[test]
fn parameter_counts_follow_norm_width_and_depth() {
    let plain = UNet { norm: Norm::None, ..UNet::default() };
    check_parameters(&plain, Dims::Three, 22_575_395, 22_575_395);
    let small = UNet { base_channels: 16, depth: 3, ..UNet::default() };
    let batch_statistics = 2 * 2 * 16 * (2 * (1 + 2 + 4) + 8);
    check_parameters(&small, Dims::Three, 1_403_411, 1_403_411 - batch_statistics);
}

/// Small networks of every kind, for ranks and precisions.
fn small() -> Vec<Box<dyn Architecture>> {
    let small = |unet: UNet| UNet { depth: 2, base_channels: 4, strides: None, ..unet };
    let mut all: Vec<Box<dyn Architecture>> = vec![
        Box::new(small(UNet::default())),
        Box::new(small(UNet::plain())),
        Box::new(small(UNet::residual())),
        Box::new(small(UNet::dense())),
        Box::new(small(UNet::compact())),
        Box::new(small(UNet::attention())),
        Box::new(small(UNet::attention_residual())),
        Box::new(MultiResUNet { depth: 2, base_channels: 8, ..MultiResUNet::default() }),
        Box::new(UNetPlusPlus { depth: 2, base_channels: 4, ..UNetPlusPlus::default() }),
    ];
    for norm in [Norm::Instance, Norm::Group { channels: 2 }, Norm::None] {
        all.push(Box::new(small(UNet { norm, ..UNet::default() })));
    }
    for (pooling, up_sampling) in
        [(Pooling::Average, UpSampling::Nearest), (Pooling::Conv, UpSampling::Linear)]
    {
        all.push(Box::new(small(UNet { pooling, up_sampling, dropout: 0.2, ..UNet::default() })));
    }
    for activation in [Activation::LeakyRelu, Activation::Elu, Activation::Silu, Activation::Gelu] {
        all.push(Box::new(small(UNet { activation, ..UNet::default() })));
    }
    all
}

#[test]
fn logits_have_the_extent_of_the_image_in_both_ranks_and_precisions() {
    for (dims, size) in [(Dims::Two, vec![1, 2, 16, 24]), (Dims::Three, vec![1, 2, 8, 16, 24])] {
        for architecture in small() {
            let spec = ModelSpec { n_channels: 2, n_classes: 3, dims };
            let model = Model::build(architecture.as_ref(), spec, Device::Cpu, 1).unwrap();
            for kind in [Kind::Float, Kind::BFloat16] {
                let logits = model.net.forward_t(&Tensor::ones(&size, (kind, Device::Cpu)), true);
                let mut expected = size.clone();
                expected[1] = 3;
                assert_eq!((logits.size(), logits.kind()), (expected, kind), "{architecture:?}");
                logits.sum(Kind::Float).backward();
                for (name, weight) in model.trainable() {
                    assert!(weight.grad().defined() || name.starts_with("out."), "{architecture:?}: {name}");
                }
            }
        }
    }
}

#[test]
fn feature_maps_stay_channels_last_to_the_end() {
    for architecture in small() {
        let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
        let model = Model::build(architecture.as_ref(), spec, Device::Cpu, 1).unwrap();
        // libtorch has another kernel for single images as small as these.
        let logits = model.net.forward_t(&Tensor::ones([2, 1, 8, 8, 8], (Kind::Float, Device::Cpu)), false);
        assert_eq!(logits.stride()[1], 1, "{architecture:?}");
    }
}

#[test]
fn a_seed_gives_the_same_weights_and_another_seed_others() {
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Two };
    let unet = UNet { depth: 1, base_channels: 4, ..UNet::default() };
    let xs = Tensor::ones([1, 1, 4, 4], (Kind::Float, Device::Cpu));
    let logits = |seed| Model::build(&unet, spec, Device::Cpu, seed).unwrap().net.forward_t(&xs, false);
    assert_eq!(logits(1), logits(1));
    assert_ne!(logits(1), logits(2));
}

#[test]
fn uneven_strides_make_uneven_divisors() {
    let unet = UNet { depth: 2, base_channels: 4, strides: Some(vec![[1, 2, 2], [2; 3]]), ..UNet::default() };
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three };
    let model = Model::build(&unet, spec, Device::Cpu, 0).unwrap();
    assert_eq!(model.net.divisor(), [2, 4, 4]);
    let logits = model.net.forward_t(&Tensor::ones([1, 1, 2, 4, 8], (Kind::Float, Device::Cpu)), false);
    assert_eq!(logits.size(), [1, 2, 2, 4, 8]);
    let wrong = UNet { strides: Some(vec![[2; 3]]), ..unet };
    let error = Model::build(&wrong, spec, Device::Cpu, 0).unwrap_err().to_string();
    assert_eq!(error, "u-net: expected strides for 2 steps down, got 1");
}

#[test]
fn nested_u_nets_have_a_head_each_of_full_extent() {
    let unet = UNetPlusPlus { depth: 3, base_channels: 2, ..UNetPlusPlus::default() };
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Two };
    let model = Model::build(&unet, spec, Device::Cpu, 0).unwrap();
    let xs = Tensor::ones([1, 1, 8, 16], (Kind::Float, Device::Cpu));
    let heads = model.net.forward_heads(&xs, false);
    assert_eq!(heads.len(), model.net.n_heads());
    assert!(heads.iter().all(|logits| logits.size() == [1, 2, 8, 16]));
    assert_eq!(heads[0], model.net.forward_t(&xs, false));
}
