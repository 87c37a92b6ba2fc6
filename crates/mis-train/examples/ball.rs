//! A network that learns to find a bright ball in noise, in seconds; stopped in the middle, it goes on to the same weights.
//!
//! ```sh
//! cargo run --release -p mis-train --example ball
//! ```

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::path::Path;

use mis_core::anyhow::Result;
use mis_core::ndarray::{Array3, Axis};
use mis_core::{Affine, Batch, BatchSource, LabelMap, Sample, SampleId, Volume, argmax};
use mis_models::tch::{self, Device};
use mis_models::{DiceCrossEntropy, Dims, Model, ModelSpec, Norm, UNet};
use mis_patch::PatchGrid;
use mis_train::{Adam, Alone, FitJob, SlidingWindow, StopSignal, TrainConfig, fit, predict};

/// A ball somewhere in 16³ voxels of noise: a function of its number.
fn ball(number: u64) -> Result<Sample> {
    let mut noise = Noise(number + 1);
    let middle = [0, 1, 2].map(|_| 5.0 + 6.0 * noise.next());
    let labels = Array3::from_shape_fn([16; 3], |(i, j, k)| {
        let along = [i as f32 - middle[0], j as f32 - middle[1], k as f32 - middle[2]];
        u8::from(along.map(|x| x * x).iter().sum::<f32>() < 16.0)
    });
    let image = labels.mapv(|label| f32::from(label) + 0.8 * noise.next());
    let affine = Affine::from_spacing([1.0; 3]);
    Ok(Sample {
        id: SampleId(format!("ball_{number}")),
        image: Volume::new(image.insert_axis(Axis(0)), affine)?,
        labels: Some(LabelMap::new(labels, affine)?),
    })
}

/// Numbers from 0 to 1 (Marsaglia 2003).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// Twenty steps an epoch on two balls each.
#[derive(Debug)]
struct Balls;

impl BatchSource for Balls {
    fn epoch(&self, epoch: u32) -> Box<dyn Iterator<Item = Result<Batch>> + Send + '_> {
        let step = move |step: u64| {
            let number = 1000 * u64::from(epoch) + 2 * step;
            Batch::stack(&[ball(number)?, ball(number + 1)?])
        };
        Box::new((0..20).map(step))
    }
}

fn train(folder: &Path, epochs: u32, resume: bool) -> Result<Model> {
    let unet = UNet { depth: 2, base_channels: 8, norm: Norm::Instance, ..UNet::default() };
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three };
    let mut model = Model::build(&unet, spec, Device::Cpu, 42)?;
    let optimizer = Adam { learning_rate: 5e-3, ..Adam::default() }.into();
    let config = TrainConfig { epochs, optimizer, ..TrainConfig::default() };
    let job = FitJob {
        title: "balls",
        loss: &DiceCrossEntropy::default(),
        train: &Balls,
        validation: None,
        config: &config,
        seed: 42,
        folder,
        experiment: "balls",
        resume,
        stop: &StopSignal::default(),
        ranks: &Alone,
    };
    let fitted = fit(&mut model, &job, &mut [])?;
    for stats in &fitted.history.epochs {
        println!("epoch {}: loss {:.3}", stats.epoch, stats.train_loss);
    }
    Ok(model)
}

fn main() -> Result<()> {
    tch::set_num_threads(1); // so small a network gains nothing by more
    let folder = std::env::temp_dir().join(format!("mis-train-ball-{}", std::process::id()));
    let whole = train(&folder.join("whole"), 2, false)?;
    train(&folder.join("parts"), 1, false)?;
    let parts = train(&folder.join("parts"), 2, true)?;
    for (name, weight) in whole.variables() {
        assert!(weight.equal(&parts.variables()[&name]), "{name} differs");
    }

    let unseen = ball(u64::from(u32::MAX))?;
    let window = SlidingWindow::over(PatchGrid { patch_size: [16; 3], overlap: [8; 3] });
    let prediction = argmax(&predict(&whole, &unseen.image, &window)?);
    let truth = unseen.labels.iter().flat_map(LabelMap::as_slice);
    let n_right = prediction.as_slice().iter().zip(truth).filter(|(found, truth)| found == truth).count();
    println!("{n_right} of 4096 voxels of an unseen ball are right");
    assert!(n_right > 3900);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
