//! Training batches, half of them on the foreground, the same for one worker and for three; and a scan cut into a grid
//! and put together again.
//!
//! ```sh
//! cargo run -p mis-patch --example batches
//! ```

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::sync::Arc;

use anyhow::Result;
use mis_core::ndarray::{Array3, Axis};
use mis_core::{Affine, Batch, BatchSource, DataSource, LabelMap, Sample, SampleId, Volume};
use mis_patch::{
    CaseOrder, Foreground, ForegroundCrop, GridMerger, LastBatch, MergeWeights, PassedOver, PatchGrid,
    PatchLoader, Placement, Share,
};

/// Four scans with a small tumor each.
#[derive(Debug)]
struct Tumors;

impl DataSource for Tumors {
    fn ids(&self) -> Result<Vec<SampleId>> {
        Ok((0..4).map(|case| SampleId(format!("case_{case}"))).collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        let at = 8 + 8 * usize::from(id.0.as_bytes()[5] - b'0');
        let inside = |x: usize| (at..at + 4).contains(&x);
        let labels =
            Array3::from_shape_fn([48; 3], |(i, j, k)| u8::from(inside(i) && inside(j) && inside(k)));
        let affine = Affine::from_spacing([1.0; 3]);
        let image = Volume::new(labels.mapv(f32::from).insert_axis(Axis(0)), affine)?;
        Ok(Sample { id: id.clone(), image, labels: Some(LabelMap::new(labels, affine)?) })
    }
}

fn main() -> Result<()> {
    let batches = |workers| -> Result<Vec<Batch>> {
        let foreground = Foreground { share: 0.5, class_weights: None };
        let loader = PatchLoader {
            ids: Tumors.ids()?,
            source: Arc::new(Tumors),
            sampler: Arc::new(ForegroundCrop::new([16; 3], foreground)),
            transform: None,
            batch_size: 4,
            steps: Some(6),
            last: LastBatch::Keep,
            order: CaseOrder::Shuffled,
            seed: 42,
            workers,
            passed_over: PassedOver::default(),
            share: Share::default(),
        };
        loader.epoch(0).collect()
    };
    let (one, three) = (batches(1)?, batches(3)?);
    for (n, (batch, other)) in one.iter().zip(&three).enumerate() {
        assert_eq!((batch.images(), batch.labels()), (other.images(), other.labels()));
        let labels = batch
            .labels()
            .into_iter()
            .flat_map(|labels| labels.outer_iter().map(|of| of.sum()).collect::<Vec<_>>());
        let with_tumor = labels.filter(|&sum| sum > 0).count();
        println!("batch {n}: {with_tumor} of {} patches hold tumor", batch.n_patches());
        assert!(with_tumor >= 2);
    }

    let scan = Tumors.load(&"case_2".into())?;
    let grid = PatchGrid { patch_size: [20; 3], overlap: [10; 3] };
    let plan = grid.plan(scan.image.shape(), Placement::EvenlySpread);
    let mut merger = GridMerger::new(1, plan, MergeWeights::Gaussian);
    while let Some(at) = merger.next_location() {
        merger.add(scan.cut(&at).image.as_slice()); // what a network would say of the patch
    }
    let merged = merger.finish(scan.image.affine())?;
    let off =
        merged.as_slice().iter().zip(scan.image.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("merged, the scan is off by at most {off}");
    assert!(off < 1e-6);
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
