//! Networks with weights and images that are formulas give what PyTorch's give.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mis_models::tch::{self, Device, Tensor};
use mis_models::{Architecture, Dims, Model, ModelSpec, PlainConvUNet, ResidualEncoderUNet, UNet};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    parameters: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Case {
    network: String,
    shape: Vec<i64>,
    parameters: usize,
    logits: Vec<f32>,
}

/// Written by `data-fixtures/models/forward_reference.py`.
fn reference() -> Reference {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/models/forward_reference.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn small(network: &str) -> Box<dyn Architecture> {
    match network {
        "unet" => Box::new(UNet { depth: 2, base_channels: 4, ..UNet::default() }),
        "plain-conv-unet" => Box::new(PlainConvUNet { features: vec![4, 8, 12], ..PlainConvUNet::default() }),
        "residual-encoder-unet" => Box::new(ResidualEncoderUNet {
            features: vec![4, 8, 8],
            blocks: vec![1, 2, 1],
            ..ResidualEncoderUNet::default()
        }),
        other => panic!("no network {other}"),
    }
}

/// The script's weights.
fn fill(model: &mut Model) {
    let _no_grad = tch::no_grad_guard();
    for (k, (name, mut tensor)) in model.variables().into_iter().enumerate() {
        let size = tensor.size();
        let fan_in = tensor.numel() as f64 / size[0] as f64;
        let value = |n: usize| {
            let t = (12.9898 * n as f64 + 78.233 * k as f64).sin();
            let value = if size.len() > 1 {
                t * (2.0 / fan_in).sqrt()
            } else if name.ends_with("norm.weight") {
                1.0 + 0.1 * t
            } else if name.ends_with(".var") {
                1.0 + 0.3 * t
            } else {
                0.1 * t
            };
            value as f32
        };
        let values: Vec<f32> = (0..tensor.numel()).map(value).collect();
        tensor.copy_(&Tensor::from_slice(&values).view(size.as_slice()));
    }
}

#[test]
fn logits_and_parameter_counts_are_those_of_pytorch() {
    let reference = reference();
    assert_eq!(reference.cases.len(), 6);
    for case in reference.cases {
        let dims = if case.shape.len() == 2 { Dims::Two } else { Dims::Three };
        let spec = ModelSpec { n_channels: 1, n_classes: 3, dims };
        let mut model = Model::build(small(&case.network).as_ref(), spec, Device::Cpu, 0).unwrap();
        assert_eq!(model.n_parameters(), case.parameters, "{}", case.network);
        fill(&mut model);
        let n: i64 = case.shape.iter().product();
        let image: Vec<f32> =
            (0..n).map(|n| ((0.11 * n as f64).sin() + (0.05 * n as f64).cos()) as f32).collect();
        let image = Tensor::from_slice(&image).view([&[1, 1], case.shape.as_slice()].concat().as_slice());
        let _no_grad = tch::no_grad_guard();
        let logits = model.net.forward_t(&image, false).contiguous().flatten(0, -1);
        let error = (logits - Tensor::from_slice(&case.logits)).abs().max().double_value(&[]);
        assert!(error < 1e-5, "{} in {dims:?}: off by {error}", case.network);
    }
}

#[test]
fn networks_of_full_size_have_pytorchs_number_of_parameters() {
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
    let networks: [(&str, &dyn Architecture); 2] = [
        ("plain-conv-unet", &PlainConvUNet::default()),
        ("residual-encoder-unet", &ResidualEncoderUNet::default()),
    ];
    let expected = reference().parameters;
    for (name, network) in networks {
        assert_eq!(
            Model::build(network, spec, Device::Cpu, 0).unwrap().n_parameters(),
            expected[name],
            "{name}"
        );
    }
}
