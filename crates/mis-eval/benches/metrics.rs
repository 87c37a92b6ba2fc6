//! How long scores of a label map of 200 × 512 × 512 voxels take: `cargo bench -p mis-eval [NAME…]`.
//! `RAYON_NUM_THREADS` says on how many threads.

#![expect(clippy::print_stdout, reason = "the times are what it is for")]

use std::time::Instant;

use mis_core::{Affine, LabelMap, ndarray::Array3};
use mis_eval::{LesionRule, MetricChoice, Policy, score_case};

/// Balls of class 1, in voxels of 3 × 0.78 × 0.78 mm.
fn balls(balls: &[([f64; 3], f64)]) -> LabelMap {
    let data = Array3::from_shape_fn((200, 512, 512), |(i, j, k)| {
        let inside = |(center, radius): &([f64; 3], f64)| {
            let step =
                [(i as f64 - center[0]) * 3.0, (j as f64 - center[1]) * 0.78, (k as f64 - center[2]) * 0.78];
            step.iter().map(|step| step * step).sum::<f64>() < radius * radius
        };
        u8::from(balls.iter().any(inside))
    });
    LabelMap::new(data, Affine::from_spacing([3.0, 0.78, 0.78])).expect("a label map")
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let organ = balls(&[([100.0, 250.0, 150.0], 80.0)]);
    let cases = [
        ("near", balls(&[([100.5, 252.0, 149.0], 79.0)])),
        ("outlier", balls(&[([100.5, 252.0, 149.0], 79.0), ([20.0, 50.0, 480.0], 9.0)])),
        ("other side", balls(&[([100.0, 250.0, 361.0], 80.0)])),
    ];
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
                let label = format!("{} {policy}, {name}", metric[0].name());
                if !names.is_empty() && !names.iter().any(|part| label.contains(part)) {
                    continue;
                }
                let mut times = [0.0; 5];
                for time in &mut times {
                    let start = Instant::now();
                    std::hint::black_box(score_case(&"ball".into(), prediction, &organ, &metric, 2)).ok();
                    *time = start.elapsed().as_secs_f64();
                }
                times.sort_by(f64::total_cmp);
                println!("{label}: {:.1} ms", times[2] * 1000.0);
            }
        }
    }
}
