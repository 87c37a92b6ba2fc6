//! The networks with their parameters, what a patch must be a multiple of, and a training step of each on random voxels.
//!
//! ```sh
//! cargo run -p mis-models --example networks
//! ```

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use anyhow::Result;
use mis_models::tch::{self, Device, Kind, Tensor};
use mis_models::{
    AnyArchitecture, DiceCrossEntropy, Dims, Loss as _, Model, ModelSpec, MultiResUNet, Norm, PlainConvUNet,
    UNet, UNetPlusPlus,
};

fn main() -> Result<()> {
    tch::set_num_threads(1); // so small networks gain nothing by more
    let small = UNet { depth: 2, base_channels: 4, norm: Norm::Instance, ..UNet::default() };
    let networks: [(&str, AnyArchitecture); 6] = [
        ("standard U-Net", small.clone().into()),
        ("residual U-Net", UNet { depth: 2, base_channels: 4, ..UNet::residual() }.into()),
        ("attention U-Net", UNet { depth: 2, base_channels: 4, ..UNet::attention() }.into()),
        ("MultiRes U-Net", MultiResUNet { depth: 2, base_channels: 8, ..MultiResUNet::default() }.into()),
        ("U-Net++", UNetPlusPlus { depth: 2, base_channels: 4, ..UNetPlusPlus::default() }.into()),
        ("nnU-Net's plain", PlainConvUNet { features: vec![8, 16, 32], ..PlainConvUNet::default() }.into()),
    ];
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
    for (name, network) in networks {
        let model = Model::build(&network, spec, Device::Cpu, 42)?;
        let n_parameters: usize = model.variables().values().map(Tensor::numel).sum();
        let images = Tensor::rand([1, 1, 16, 16, 16], (Kind::Float, Device::Cpu)); // (batch, channel, i, j, k)
        let target = (images.select(1, 0) * 3.0).floor().to_kind(Kind::Int64); // (batch, i, j, k)
        let loss = DiceCrossEntropy::default().forward(&model.net.forward_t(&images, true), &target);
        loss.backward();
        let divisor = model.net.divisor();
        println!(
            "{name:<16} {n_parameters:>8} weights, sides by {divisor:?}, loss {:.3}",
            loss.double_value(&[])
        );
        assert!(loss.double_value(&[]).is_finite());
    }
    let error = Model::build(&small, spec, Device::Cpu, 42)?
        .check_patch([16, 18, 16])
        .expect_err("18 is no multiple");
    println!("{error:#}");
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
