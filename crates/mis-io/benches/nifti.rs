//! How long `.nii.gz` takes: inflating and converting a scan, deflating labels. `cargo bench -p mis-io [NAME]`;
//! `RAYON_NUM_THREADS` says on how many threads.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mis_core::{Affine, LabelMap, Volume};
use mis_io::nifti::{self, VoxelType};
use ndarray::{Array3, Array4};

const SHAPE: [usize; 3] = [256, 256, 60];

fn benches(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let affine = Affine::from_spacing([0.8, 0.8, 3.0]);
    let ball = |at: [usize; 3]| at.iter().zip(SHAPE).all(|(&at, n)| (n / 4..n / 2).contains(&at));
    let labels = Array3::from_shape_fn(SHAPE, |(i, j, k)| u8::from(ball([i, j, k])));
    // Grey values of a CT: a third of their bits is noise, which no compression takes away.
    let image = Array4::from_shape_fn((1, SHAPE[0], SHAPE[1], SHAPE[2]), |(_, i, j, k)| {
        let noise = ((i * 7919 + j * 104_729 + k * 1_299_709) >> 3) % 31;
        f32::from(labels[(i, j, k)]) * 150.0 - 50.0 + noise as f32
    });
    let image = Volume::new(image, affine).expect("a volume");
    let labels = LabelMap::new(labels, affine).expect("a label map");

    let mut group = c.benchmark_group("nifti");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(SHAPE.iter().product::<usize>() as u64));
    for (name, file) in [("load-gz", "scan.nii.gz"), ("load-plain", "scan.nii")] {
        let path = folder.path().join(file);
        nifti::write_volume_as(&path, &image, None, VoxelType::I16).expect("a file");
        group.bench_function(name, |b| b.iter(|| nifti::read_image(&path).expect("a scan")));
    }
    let path = folder.path().join("labels.nii.gz");
    group.bench_function("save-labels-gz", |b| {
        b.iter(|| nifti::write_labels(&path, &labels, None).expect("a file"));
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
