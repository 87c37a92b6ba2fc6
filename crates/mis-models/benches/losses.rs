//! How long each loss takes forth and back on two patches of 64³ voxels and three classes: `cargo bench -p mis-models [NAME]`.
//! `OMP_NUM_THREADS` says on how many threads.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mis_models::tch::{self, Device, Kind, Tensor};
use mis_models::{AnyLoss, Loss as _};

/// As experiment files write them.
const LOSSES: [&str; 14] = [
    r#""cross-entropy""#,
    r#""top-k-cross-entropy""#,
    r#""soft-dice""#,
    r#""generalized-dice""#,
    r#""dice-cross-entropy""#,
    r#""jaccard""#,
    r#""tversky""#,
    r#""tversky-cross-entropy""#,
    r#""focal""#,
    r#""focal-tversky""#,
    r#""combo""#,
    r#""unified-focal""#,
    r#""hausdorff""#,
    r#"{"regions": {"loss": "dice-cross-entropy"}}"#,
];

fn benches(c: &mut Criterion) {
    tch::manual_seed(0);
    let logits = Tensor::randn([2, 3, 64, 64, 64], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let target = Tensor::randint(3, [2, 64, 64, 64], (Kind::Int64, Device::Cpu));
    for text in LOSSES {
        let loss: AnyLoss = serde_json::from_str(text).expect("a loss of an experiment file");
        c.bench_function(text, |b| {
            b.iter(|| Tensor::run_backward(&[loss.forward(&logits, &target)], &[&logits], false, false));
        });
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(1));
    targets = benches
}
criterion_main!(all);
