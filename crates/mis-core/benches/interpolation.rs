//! How long values between voxels take: `cargo bench -p mis-core [NAME]`. `RAYON_NUM_THREADS` says on how many threads.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mis_core::interpolation::{Fill, Order, VoxelMap, gather, gaussian, resize};
use mis_core::{Affine, PatchLocation, Volume};
use ndarray::Array4;

const SHAPE: [usize; 3] = [96, 128, 128];

/// Waves and noise, as little alike from voxel to voxel as a scan.
fn image() -> Vec<f32> {
    let n: usize = SHAPE.iter().product();
    (0..n).map(|n| (n as f32 * 0.01).sin() * 100.0 + ((n * 31 + n / 128 * 17) % 23) as f32).collect()
}

fn benches(c: &mut Criterion) {
    let image = image();
    // The cubic one is a prefilter and an evaluation along each axis, both in place.
    for (name, order) in [("cubic", Order::Cubic), ("linear", Order::Linear)] {
        let to = [89, 62, 62];
        let mut out = vec![0.0; to.iter().product()];
        c.bench_function(&format!("resize-{name}"), |b| {
            b.iter(|| resize(&image, SHAPE, &mut out, to, order));
        });
    }
    let (sin, cos) = 0.3_f64.sin_cos();
    let center = SHAPE.map(|n| (n - 1) as f64 / 2.0);
    let turn = VoxelMap::about([[1.1, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]], center, center);
    for (name, order) in [("cubic", Order::Cubic), ("linear", Order::Linear)] {
        let mut out = vec![0.0; image.len()];
        c.bench_function(&format!("gather-{name}"), |b| {
            b.iter(|| gather(&image, SHAPE, &mut out, SHAPE, &turn, order, 0.0));
        });
    }
    c.bench_function("gaussian", |b| b.iter(|| gaussian(&image, SHAPE, [1.0; 3])));
    let [i, j, k] = SHAPE;
    let data = Array4::from_shape_vec((1, i, j, k), image).expect("a value for each voxel");
    let volume = Volume::new(data, Affine::from_spacing([1.0; 3])).expect("a volume");
    let at = PatchLocation { start: [10, 20, 20], shape: [64, 96, 96] };
    let mut patch = vec![0.0; at.n_voxels()];
    c.bench_function("cut", |b| b.iter(|| volume.cut_into(&at, Fill::Minimum, &mut patch)));
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = benches
}
criterion_main!(all);
