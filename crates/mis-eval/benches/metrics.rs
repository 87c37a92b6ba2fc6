//! How long scores of a label map of 100 × 256 × 256 voxels take: `cargo bench -p mis-eval [NAME]`.
//! `RAYON_NUM_THREADS` says on how many threads.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mis_core::{Affine, LabelMap, ndarray::Array3};
use mis_eval::{LesionRule, MetricChoice, Policy, score_case};

/// Balls of class 1, in voxels of 3 × 0.78 × 0.78 mm.
fn balls(balls: &[([f64; 3], f64)]) -> LabelMap {
    let data = Array3::from_shape_fn((100, 256, 256), |(i, j, k)| {
        let inside = |(center, radius): &([f64; 3], f64)| {
            let step =
                [(i as f64 - center[0]) * 3.0, (j as f64 - center[1]) * 0.78, (k as f64 - center[2]) * 0.78];
            step.iter().map(|step| step * step).sum::<f64>() < radius * radius
        };
        u8::from(balls.iter().any(inside))
    });
    LabelMap::new(data, Affine::from_spacing([3.0, 0.78, 0.78])).expect("a label map")
}

fn benches(c: &mut Criterion) {
    let organ = balls(&[([50.0, 125.0, 75.0], 40.0)]);
    let cases = [
        ("near", balls(&[([50.5, 127.0, 74.0], 39.0)])),
        ("outlier", balls(&[([50.5, 127.0, 74.0], 39.0), ([10.0, 25.0, 240.0], 5.0)])),
        ("other side", balls(&[([50.0, 125.0, 180.0], 40.0)])),
    ];
    // Distances to a surface are most of all but the first.
    let metrics = [
        MetricChoice::Dice,
        MetricChoice::Hd95,
        MetricChoice::Assd,
        MetricChoice::Nsd { tolerance: 2.0 },
        MetricChoice::LesionF1(LesionRule::default()),
    ];
    for (name, prediction) in &cases {
        for metric in metrics {
            for policy in [Policy::NnUnet, Policy::Deepmind] {
                let metric = [metric.metric(policy).expect("its options can be")];
                c.bench_function(&format!("{} {policy}, {name}", metric[0].name()), |b| {
                    b.iter(|| score_case(&"ball".into(), prediction, &organ, &metric, 2));
                });
            }
        }
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(1));
    targets = benches
}
criterion_main!(all);
