//! Cubic B-splines under a coordinate map.

use ndarray::{Array3, ArrayView3, s};

use super::VoxelMap;
use super::bspline::{MARGIN, Tap, fit_and_evaluate, weights};
use super::gather::at_each_voxel;

/// How far from the patch's places voxels still matter: the spline's filter fades by 0.27 a voxel, 5e-7 here.
const REACH: f64 = 11.0;

pub(super) fn gather_cubic(
    source: &[f32],
    from: [usize; 3],
    out: &mut [f32],
    to: [usize; 3],
    map: &VoxelMap,
    fill: f32,
) {
    let bounds = map.bounds(to);
    let first = std::array::from_fn::<_, 3, _>(|axis| {
        ((bounds[axis][0] - REACH).max(0.0) as usize).min(from[axis] - 1)
    });
    let end: [usize; 3] = std::array::from_fn(|axis| {
        ((bounds[axis][1] + REACH).max(0.0) as usize + 1).clamp(first[axis] + 1, from[axis])
    });
    let source = ArrayView3::from_shape(from, source).expect("one value per voxel");
    let needed = source.slice(s![first[0]..end[0], first[1]..end[1], first[2]..end[2]]);
    let coefficients = coefficients(needed);
    let (_, height, width) = coefficients.dim();
    let coefficients = coefficients.as_slice().expect("a new array is in standard layout");

    // One voxel before the image's border is the lowest place, MARGIN − 1 the first coefficient it needs.
    let shift = first.map(|first| (MARGIN - 1) as f32 - first as f32);
    at_each_voxel(from, out, to, map, fill, |at| {
        let at: [f32; 3] = std::array::from_fn(|axis| at[axis] + shift[axis]);
        let [i, j, k] = at.map(|at| at as i32 as usize);
        let [wi, wj, wk] = [weights(at[0] - i as f32), weights(at[1] - j as f32), weights(at[2] - k as f32)];
        let mut sums = [0.0_f32; 4];
        for (di, wi) in wi.into_iter().enumerate() {
            let mut plane = [0.0_f32; 4];
            for (dj, wj) in wj.into_iter().enumerate() {
                let row = &coefficients[((i + di) * height + j + dj) * width + k..][..4];
                for n in 0..4 {
                    plane[n] += wj * row[n];
                }
            }
            for n in 0..4 {
                sums[n] += wi * plane[n];
            }
        }
        (sums[0] * wk[0] + sums[1] * wk[1]) + (sums[2] * wk[2] + sums[3] * wk[3])
    });
}

/// The spline's coefficients, with a margin at either side of each axis.
fn coefficients(source: ArrayView3<'_, f32>) -> Array3<f32> {
    let (i, j, k) = source.dim();
    let taps = [i, j, k].map(|n| {
        // Each tap takes one coefficient as it is; its window of four must stay within the line.
        let all = 0..n + 2 * MARGIN;
        let take = |x: usize| {
            let first = x.min(n + 2 * MARGIN - 4);
            Tap { first, weights: std::array::from_fn(|at| f32::from(u8::from(first + at == x))) }
        };
        all.map(take).collect::<Vec<_>>()
    });
    let mut out = Array3::zeros([i, j, k].map(|n| n + 2 * MARGIN));
    fit_and_evaluate(source, taps.each_ref().map(|taps| Some(taps.as_slice())), out.view_mut());
    out
}
