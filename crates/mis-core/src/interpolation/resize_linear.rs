//! Trilinear resizing.

use rayon::prelude::*;

use super::axis::between;

/// Blends the four old rows around a new row to one, then the two voxels around each place of it. Every blend is
/// `a + t·(b − a)`, which leaves equal values as they are.
pub(super) fn resize_linear(source: &[f32], from: [usize; 3], out: &mut [f32], to: [usize; 3]) {
    let [at_i, at_j, at_k]: [Vec<_>; 3] = std::array::from_fn(|axis| between(from[axis], to[axis]));
    let width = from[2];
    let row = |i: usize, j: usize| &source[(i * from[1] + j) * width..][..width];
    let planes = out.par_chunks_exact_mut(to[1] * to[2]).zip(&at_i);
    planes.for_each_init(
        || vec![0.0; width],
        |blended, (plane, i)| {
            for (out, j) in plane.chunks_exact_mut(to[2]).zip(&at_j) {
                let (a, b) = (row(i.lower, j.lower), row(i.lower, j.upper));
                let (c, d) = (row(i.upper, j.lower), row(i.upper, j.upper));
                for k in 0..width {
                    let lower = a[k] + j.fraction * (b[k] - a[k]);
                    let upper = c[k] + j.fraction * (d[k] - c[k]);
                    blended[k] = lower + i.fraction * (upper - lower);
                }
                for (value, k) in out.iter_mut().zip(&at_k) {
                    let lower = blended[k.lower];
                    *value = lower + k.fraction * (blended[k.upper] - lower);
                }
            }
        },
    );
}
