//! A volume cut into patches and put together again.

use anyhow::Result;
use mis::core::ndarray::Array4;
use mis::core::{LabelMap, Sample, Volume};
use mis::patch::{MergeWeights, Merger, PatchGrid};

use super::case::Case;
use super::line::Measured;
use super::timing::repeat_same;

/// Cuts class probabilities into patches, copies each as a network's output would be, and merges the copies, which must
/// give the probabilities back.
pub(super) fn grid_merge(case: &Case<'_>, weights: MergeWeights) -> Result<Measured> {
    let grid = PatchGrid { patch_size: [80, 160, 160], overlap: [40, 80, 80] };
    let probabilities = probabilities(&case.inputs.truth()?)?;
    let (n_classes, shape) = (probabilities.n_channels(), probabilities.shape());
    let scan = Sample { id: "probabilities".into(), image: probabilities, labels: None };
    let (measured, merged) = repeat_same(|| {
        let mut merger = Merger::new(n_classes, shape, grid.patch_size, weights);
        for at in grid.locations(shape) {
            let patch = scan.cut(&at);
            let output = patch.image.clone();
            merger.add(&at, output.as_slice());
        }
        merger.finish(scan.image.affine())
    })?;
    let pairs = merged.as_slice().iter().zip(scan.image.as_slice());
    let error = pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max);
    Ok(measured.with("shape", [vec![n_classes], shape.to_vec()].concat()).with("max_abs_error", error))
}

/// 0.9 where a voxel is of the class, 0.05 elsewhere.
fn probabilities(labels: &LabelMap) -> Result<Volume> {
    let [i, j, k] = labels.shape();
    let mut values = Vec::with_capacity(3 * labels.as_slice().len());
    for class in 0..3 {
        values.extend(labels.as_slice().iter().map(|&label| if label == class { 0.9 } else { 0.05 }));
    }
    Volume::new(Array4::from_shape_vec((3, i, j, k), values)?, labels.affine())
}
