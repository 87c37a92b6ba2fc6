//! How long patches of a grid take to be put together again: `cargo bench -p mis-patch [NAME]`. `RAYON_NUM_THREADS` says
//! on how many threads.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mis_core::Affine;
use mis_patch::{GridMerger, MergeWeights, Merger, PatchGrid, Placement};

const SHAPE: [usize; 3] = [80, 160, 160];
const N_CLASSES: usize = 3;

fn benches(c: &mut Criterion) {
    let grid = PatchGrid { patch_size: [40, 80, 80], overlap: [20, 40, 40] };
    let plan = grid.plan(SHAPE, Placement::ShiftedBack);
    let patch = vec![0.5; N_CLASSES * grid.patch_size.iter().product::<usize>()];
    let affine = Affine::from_spacing([1.0; 3]);

    let mut group = c.benchmark_group("merge");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements((plan.n_patches() * patch.len()) as u64));
    for (name, weights) in [("mean", MergeWeights::Mean), ("gaussian", MergeWeights::Gaussian)] {
        group.bench_function(format!("grid-{name}"), |b| {
            b.iter(|| {
                let mut merger = GridMerger::new(N_CLASSES, plan.clone(), weights);
                while merger.next_location().is_some() {
                    merger.add(&patch);
                }
                merger.finish(affine).expect("all patches are there")
            });
        });
    }
    group.bench_function("any-gaussian", |b| {
        b.iter(|| {
            let mut merger = Merger::new(N_CLASSES, SHAPE, grid.patch_size, MergeWeights::Gaussian);
            for patch_idx in 0..plan.n_patches() {
                merger.add(&plan.location(patch_idx), &patch);
            }
            merger.finish(affine).expect("all voxels are covered")
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
