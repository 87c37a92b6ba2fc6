//! A network of your own: three convolutions, trained in an experiment like any other.
//!
//! ```sh
//! cargo run -p mis --example custom_model
//! ```

mod balls;

use std::sync::Arc;

use mis::core::anyhow::Result;
use mis::models::tch::{Device, Kind, Tensor, nn};
use mis::models::{AnyArchitecture, Architecture, Dims, Model, ModelSpec, SegModel};
use mis::prelude::*;

/// Its hyperparameters.
#[derive(Debug)]
struct ThreeConvs {
    channels: i64,
}

impl Architecture for ThreeConvs {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        let conv = |name: &str, n_in, n_out| {
            let same = nn::ConvConfig { padding: 1, ..nn::ConvConfig::default() };
            nn::conv3d(vs / name, n_in, n_out, 3, same)
        };
        let n = self.channels;
        let convs = [
            conv("first", spec.n_channels as i64, n),
            conv("second", n, n),
            conv("out", n, spec.n_classes as i64),
        ];
        Ok(Box::new(Net { convs }))
    }
}

#[derive(Debug)]
struct Net {
    convs: [nn::Conv3D; 3],
}

impl nn::ModuleT for Net {
    fn forward_t(&self, images: &Tensor, _train: bool) -> Tensor {
        let [first, second, out] = &self.convs;
        images.to_kind(Kind::Float).apply(first).relu().apply(second).relu().apply(out)
    }
}

impl SegModel for Net {
    fn divisor(&self) -> [usize; 3] {
        [1; 3]
    }
}

fn main() -> Result<()> {
    let architecture = AnyArchitecture::Custom(Arc::new(ThreeConvs { channels: 8 }));
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three };
    let model = Model::build(&architecture, spec, Device::Cpu, 42)?;
    let logits = model.net.forward_t(&Tensor::zeros([1, 1, 8, 16, 16], (Kind::Float, Device::Cpu)), false);
    assert_eq!(logits.size(), [1, 2, 8, 16, 16]); // (batch, class, i, j, k)

    let runs = std::env::temp_dir().join(format!("mis-custom-model-{}", std::process::id()));
    let report = Experiment::on(balls::balls()?)
        .classes(["background", "ball"])
        .preprocess(ZScore::default())
        .patches(PatchGrid { patch_size: [16; 3], overlap: [0; 3] })
        .model(architecture)
        .loss(DiceCrossEntropy::default())
        .train(TrainConfig {
            epochs: 4,
            steps_per_epoch: Some(10),
            threads: Some(1), // so small a network gains nothing by more
            optimizer: Adam { learning_rate: 1e-2, ..Adam::default() }.into(),
            ..TrainConfig::default()
        })
        .seed(42)
        .cross_validate(2, &runs)?;
    let dice = report.aggregate(0, 1).map_or(0.0, |ball| ball.mean);
    assert!(dice > 0.5, "Dice {dice}");
    std::fs::remove_dir_all(runs)?;
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
