//! A volume cut into patches and put together again.

use anyhow::Result;
use mis::core::interpolation::Fill;
use mis::core::ndarray::Array4;
use mis::core::{LabelMap, Volume};
use mis::patch::{GridMerger, MergeWeights, PatchGrid, Placement};

use super::case::Case;
use super::line::Measured;
use super::timing::repeat_same;

/// Cuts class probabilities into patches and merges them, which must give the probabilities back. A patch is cut into the
/// place where a network would have its output, which is the copy that counts.
pub(super) fn grid_merge(case: &Case<'_>, weights: MergeWeights) -> Result<Measured> {
    let grid = PatchGrid { patch_size: [80, 160, 160], overlap: [40, 80, 80] };
    let volume = probabilities(&case.inputs.truth()?)?;
    let (n_classes, shape) = (volume.n_channels(), volume.shape());
    let (measured, merged) = repeat_same(|| {
        let mut output = mis::core::zeros(n_classes * grid.patch_size.iter().product::<usize>());
        let mut merger = GridMerger::new(n_classes, grid.plan(shape, Placement::ShiftedBack), weights);
        while let Some(at) = merger.next_location() {
            volume.cut_into(&at, Fill::Minimum, &mut output);
            merger.add(&output);
        }
        merger.finish(volume.affine())
    })?;
    let pairs = merged.as_slice().iter().zip(volume.as_slice());
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
