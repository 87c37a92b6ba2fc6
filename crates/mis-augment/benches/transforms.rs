//! How long transforms take on a patch of 128³ voxels with three classes: `cargo bench -p mis-augment [NAME]`.
//! `RAYON_NUM_THREADS` says on how many threads.

use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mis_augment::{
    Augmentation, BiasField, Brightness, Contrast, Elastic, Gamma, GaussianBlur, GaussianNoise, Ghosting,
    HistogramShift, LowResolution, Mirror, Motion, Order, Rot90, Sequence, Sharpen, Sometimes, Spatial,
    Strength, standard,
};
use mis_core::{Affine, LabelMap, Sample, Transform as _, Volume, sample_rng};
use ndarray::{Array3, Array4};

fn patch() -> Sample {
    let affine = Affine::from_spacing([1.0; 3]);
    let ball = |at: [usize; 3], center: f32, radius: f32| {
        at.iter().map(|&at| (at as f32 - center).powi(2)).sum::<f32>() < radius * radius
    };
    let labels = Array3::from_shape_fn((128, 128, 128), |(i, j, k)| {
        u8::from(ball([i, j, k], 60.0, 30.0)) + u8::from(ball([i, j, k], 70.0, 12.0))
    });
    let image = Array4::from_shape_fn((1, 128, 128, 128), |(_, i, j, k)| {
        f32::from(labels[(i, j, k)]) + ((i * 31 + j * 17 + k * 7) % 23) as f32 * 0.02
    });
    Sample {
        id: "ball".into(),
        image: Volume::new(image, affine).expect("a volume"),
        labels: Some(LabelMap::new(labels, affine).expect("a label map")),
    }
}

fn always(transform: Augmentation) -> Augmentation {
    match transform {
        Augmentation::Sometimes(Sometimes { transform, .. }) => always(*transform),
        Augmentation::Spatial(spatial) => Spatial { rotation_p: 1.0, scale_p: 1.0, ..spatial }.into(),
        Augmentation::GaussianBlur(blur) => GaussianBlur { channel_p: 1.0, ..blur }.into(),
        Augmentation::LowResolution(low) => LowResolution { channel_p: 1.0, ..low }.into(),
        other => other,
    }
}

fn benches(c: &mut Criterion) {
    let spatial = Spatial { rotation_p: 1.0, scale_p: 1.0, ..Spatial::default() };
    let elastic = Spatial {
        rotation_p: 0.0,
        scale_p: 0.0,
        elastic: Elastic { sigma: [9.0, 13.0], strength: Strength::Largest([5.0, 10.0]) },
        elastic_p: 1.0,
        ..Spatial::default()
    };
    let all: [(&str, Augmentation); 19] = [
        ("spatial-linear", spatial.into()),
        ("spatial-cubic", Spatial { image: Order::Cubic, ..spatial }.into()),
        ("elastic-linear", elastic.into()),
        ("elastic-cubic", Spatial { image: Order::Cubic, ..elastic }.into()),
        ("standard-always", Sequence::new(standard().0.into_iter().map(always)).into()),
        ("mirror", Mirror::default().into()),
        ("rot90", Rot90::default().into()),
        ("brightness", Brightness::default().into()),
        ("contrast", Contrast::default().into()),
        ("gamma", Gamma::default().into()),
        ("histogram-shift", HistogramShift::default().into()),
        ("gaussian-noise", GaussianNoise::default().into()),
        ("gaussian-blur", GaussianBlur { channel_p: 1.0, ..GaussianBlur::default() }.into()),
        ("sharpen", Sharpen { channel_p: 1.0, ..Sharpen::default() }.into()),
        ("low-resolution", LowResolution { channel_p: 1.0, ..LowResolution::default() }.into()),
        ("bias-field", BiasField::default().into()),
        ("ghosting", Ghosting::default().into()),
        ("motion", Motion::default().into()),
        ("standard", standard().into()),
    ];
    let patch = patch();
    for (name, transform) in all {
        let mut draw = 0;
        c.bench_function(name, |b| {
            let prepare = || {
                draw += 1;
                (patch.clone(), sample_rng(1, 0, draw))
            };
            let run = |(patch, mut rng)| transform.apply(patch, &mut rng);
            b.iter_batched(prepare, run, BatchSize::PerIteration);
        });
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(15).measurement_time(Duration::from_secs(2));
    targets = benches
}
criterion_main!(all);
