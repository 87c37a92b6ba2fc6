//! Cubic resizing.

use ndarray::{ArrayView3, ArrayViewMut3};

use super::axis::positions;
use super::bspline::{MARGIN, Tap, fit_and_evaluate, weights};

/// Axis by axis: splines of different axes do not depend on each other, so each is fitted and evaluated where the
/// lattice is already small along the others.
pub(super) fn resize_cubic(source: &[f32], from: [usize; 3], out: &mut [f32], to: [usize; 3]) {
    let taps: [Option<Vec<Tap>>; 3] = std::array::from_fn(|axis| {
        (from[axis] != to[axis]).then(|| {
            positions(from[axis], to[axis])
                .map(|at| Tap {
                    first: (at.lower - 1 + MARGIN as isize) as usize,
                    weights: weights(at.fraction()),
                })
                .collect()
        })
    });
    let source = ArrayView3::from_shape(from, source).expect("one value per voxel");
    let out = ArrayViewMut3::from_shape(to, out).expect("one value per voxel");
    fit_and_evaluate(source, taps.each_ref().map(|taps| taps.as_deref()), out);
}
