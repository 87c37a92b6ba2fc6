//! Label maps for tests.

use mis_core::ndarray::Array3;
use mis_core::{Affine, LabelMap, sample_rng};
use rand::Rng as _;

/// One row of voxels, 1 mm apart.
pub(crate) fn row(labels: &[u8]) -> LabelMap {
    let data = Array3::from_shape_vec((1, 1, labels.len()), labels.to_vec()).unwrap();
    LabelMap::new(data, Affine::from_spacing([1.0; 3])).unwrap()
}

/// Classes `0..n_classes` in runs of random length, 1 mm apart.
pub(crate) fn random(shape: [usize; 3], n_classes: u8, seed: u64) -> LabelMap {
    let mut rng = sample_rng(seed, 0, 0);
    let mut class = 0;
    let data = Array3::from_shape_fn(shape, |_| {
        if rng.random_range(0..8) == 0 {
            class = rng.random_range(0..n_classes);
        }
        class
    });
    LabelMap::new(data, Affine::from_spacing([1.0; 3])).unwrap()
}
