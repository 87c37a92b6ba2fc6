//! A loss of your own, trained with: cross-entropy plus what the probabilities of neighbors differ by, so that
//! predictions become smooth.
//!
//! ```sh
//! cargo run -p mis --example custom_loss
//! ```

mod balls;

use std::sync::Arc;

use mis::core::anyhow::Result;
use mis::models::tch::{Kind, Tensor};
use mis::models::{AnyLoss, Loss};
use mis::prelude::*;

#[derive(Debug)]
struct Smooth {
    weight: f64,
}

impl Loss for Smooth {
    fn forward(&self, logits: &Tensor, target: &Tensor) -> Tensor {
        let p = logits.softmax(1, Kind::Float); // (batch, class, i, j[, k])
        let last = p.size()[2] - 1;
        let step = p.narrow(2, 1, last) - p.narrow(2, 0, last);
        CrossEntropy::default().forward(logits, target) + step.abs().mean(Kind::Float) * self.weight
    }
}

fn main() -> Result<()> {
    let runs = std::env::temp_dir().join(format!("mis-custom-loss-{}", std::process::id()));
    let report = Experiment::on(balls::balls()?)
        .classes(["background", "ball"])
        .preprocess(ZScore::default())
        .patches(PatchGrid { patch_size: [16; 3], overlap: [0; 3] })
        .model(UNet { depth: 1, base_channels: 4, norm: Norm::Instance, ..UNet::default() })
        // It can stand wherever a loss can, such as under `DeepSupervision::of`.
        .loss(AnyLoss::Custom(Arc::new(Smooth { weight: 0.1 })))
        .train(TrainConfig {
            epochs: 2,
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
