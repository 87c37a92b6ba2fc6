//! How long a step of each optimizer takes on the 16.5 million weights of nnU-Net's network: `cargo bench -p mis-train`.
//! The patch is so small that the step is little else. `OMP_NUM_THREADS` says on how many threads.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mis_core::anyhow::Result;
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, Batch, LabelMap, Sample, Volume};
use mis_models::tch::Device;
use mis_models::{DiceCrossEntropy, Dims, Model, ModelSpec, PlainConvUNet};
use mis_train::{Adam, AdamW, AnyOptimizer, SgdNesterov, TrainConfig, Trainer, WeightAverage};

fn patch() -> Result<Batch> {
    let affine = Affine::from_spacing([1.0; 3]);
    let image = Array4::from_shape_fn((1, 32, 16, 16), |(_, i, j, k)| (i + j + k) as f32 / 32.0);
    let labels = Array3::from_shape_fn([32, 16, 16], |(i, ..)| u8::from(i > 16));
    Batch::stack(&[Sample {
        id: "ramp".into(),
        image: Volume::new(image, affine)?,
        labels: Some(LabelMap::new(labels, affine)?),
    }])
}

fn benches(c: &mut Criterion) {
    let batch = patch().expect("a patch");
    let loss = DiceCrossEntropy::default();
    let average = Some(WeightAverage { decay: 0.99 });
    let steps: [(&str, AnyOptimizer, Option<WeightAverage>); 4] = [
        ("sgd-nesterov", SgdNesterov::default().into(), None),
        ("adam", Adam::default().into(), None),
        ("adam-w", AdamW::default().into(), None),
        ("adam-w, weights averaged", AdamW::default().into(), average),
    ];
    for (name, optimizer, average) in steps {
        let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three };
        let mut model = Model::build(&PlainConvUNet::default(), spec, Device::Cpu, 0).expect("a network");
        let config = TrainConfig { optimizer, average, gradient_clip: Some(12.0), ..TrainConfig::default() };
        let mut trainer = Trainer::new(&mut model, &loss, &config, 0).expect("a training");
        c.bench_function(name, |b| b.iter(|| trainer.step(&batch, 1e-6).expect("a step")));
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(2));
    targets = benches
}
criterion_main!(all);
