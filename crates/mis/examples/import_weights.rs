//! Weights of nnU-Net and MONAI in a network of `mis`.
//!
//! In Python, once, with the state dict `sd` of a checkpoint (nnU-Net's is `torch.load(path)["network_weights"]`):
//!
//! ```python
//! from safetensors.torch import save_file
//! save_file({k: v.clone().contiguous() for k, v in sd.items()}, "weights.safetensors")
//! ```
//!
//! Then `cargo run --example import_weights -- nnunet weights.safetensors`.

use std::path::Path;

use mis::core::anyhow::{Context as _, Result, bail};
use mis::models::tch::Device;
use mis::models::{Dims, Model, ModelSpec, PlainConvUNet, Weights};

/// nnU-Net's networks have the names of `mis`; some tensors are listed a second time.
fn from_nnunet(name: &str) -> Option<String> {
    let twice = name.starts_with("decoder.encoder.") || name.contains(".all_modules.");
    (!twice).then(|| name.to_owned())
}

/// MONAI's `DynUNet` of `n_stages` is the same network with other names, and without biases before norms.
fn from_dynunet(name: &str, n_stages: usize) -> Option<String> {
    let parts: Vec<&str> = name.split('.').collect();
    let conv = |layer: &str| Some(layer.strip_prefix("conv")?.parse::<usize>().ok()? - 1);
    let norm_or_conv =
        |layer: &str| layer.strip_prefix("norm").and_then(|n| Some(n.parse::<usize>().ok()? - 1));
    let unit = |layer: &str, rest: &[&str]| match (conv(layer), norm_or_conv(layer)) {
        (Some(idx), _) => Some(format!("convs.{idx}.{}", rest.join("."))), // conv1.conv.weight
        (_, Some(idx)) => Some(format!("convs.{idx}.norm.{}", rest.join("."))), // norm1.weight
        _ => None,
    };
    let encoder =
        |stage: usize, layer, rest| Some(format!("encoder.stages.{stage}.0.{}", unit(layer, rest)?));
    match parts.as_slice() {
        ["input_block", layer, rest @ ..] => encoder(0, layer, rest),
        ["downsamples", stage, layer, rest @ ..] => encoder(stage.parse::<usize>().ok()? + 1, layer, rest),
        ["bottleneck", layer, rest @ ..] => encoder(n_stages - 1, layer, rest),
        ["upsamples", level, "transp_conv", "conv", what] => {
            Some(format!("decoder.transpconvs.{level}.{what}"))
        }
        ["upsamples", level, "conv_block", layer, rest @ ..] => {
            Some(format!("decoder.stages.{level}.{}", unit(layer, rest)?))
        }
        ["output_block", "conv", "conv", what] => Some(format!("decoder.seg_layers.{}.{what}", n_stages - 2)),
        _ => None,
    }
}

/// Without a file: what the two names of one weight are.
fn check_names(model: &Model, n_stages: usize) -> Result<()> {
    let name = "upsamples.3.conv_block.norm2.weight";
    let own = from_dynunet(name, n_stages).context("a weight of a DynUNet has a name here")?;
    assert_eq!(own, "decoder.stages.3.convs.1.norm.weight");
    assert!(model.variables().contains_key(&own));
    assert_eq!(from_nnunet(&own), Some(own));
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let network = PlainConvUNet::default();
    let n_stages = network.features.len();
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
    let mut model = Model::build(&network, spec, Device::Cpu, 0)?;
    let [from, path] = arguments.as_slice() else {
        return check_names(&model, n_stages);
    };
    let weights = Weights::read(Path::new(path))?;
    match from.as_str() {
        "nnunet" => model.set_weights(&weights.renamed(from_nnunet)?.tensors)?,
        "monai" => {
            // Biases stay 0, which is what none is.
            let weights = weights.renamed(|name| from_dynunet(name, n_stages))?;
            let left = model.set_fitting_weights(&weights.tensors)?;
            if left.missing.iter().any(|name| !name.ends_with("bias")) || !left.shapes.is_empty() {
                bail!("these weights are of another network: {left}");
            }
        }
        other => bail!("expected nnunet or monai, got {other}"),
    }
    model.weights().write(Path::new("imported.safetensors"))
}

#[test]
fn the_names_of_monai_have_a_place() -> Result<()> {
    let network = PlainConvUNet::default();
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
    check_names(&Model::build(&network, spec, Device::Cpu, 0)?, network.features.len())
}
