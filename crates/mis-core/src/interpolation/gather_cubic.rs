//! Cubic B-splines under a coordinate map.

use ndarray::{Array3, ArrayView3, s};

use super::Warp;
use super::bspline::{MARGIN, Tap, fit_and_evaluate};
use super::gather_rows::for_each_row;

/// How far from the patch's places voxels still matter: the spline's filter fades by 0.27 a voxel, 5e-7 here.
const REACH: f64 = 11.0;

pub(super) fn gather_cubic(
    source: &[f32],
    from: [usize; 3],
    out: &mut [f32],
    to: [usize; 3],
    warp: &Warp<'_>,
    fill: f32,
) {
    let bounds = warp.bounds(to);
    let first = std::array::from_fn::<_, 3, _>(|axis| {
        ((bounds[axis][0] - REACH).max(0.0) as usize).min(from[axis] - 1)
    });
    let end: [usize; 3] = std::array::from_fn(|axis| {
        ((bounds[axis][1] + REACH).max(0.0) as usize + 1).clamp(first[axis] + 1, from[axis])
    });
    let source = ArrayView3::from_shape(from, source).expect("one value per voxel");
    let needed = source.slice(s![first[0]..end[0], first[1]..end[1], first[2]..end[2]]);
    let coefficients = coefficients(needed);
    // One voxel before the image's border is the lowest place, MARGIN − 1 the first coefficient it needs.
    let shift = first.map(|first| (MARGIN - 1) as f32 - first as f32);
    let last = from.map(|n| n as f32 - 0.5);
    for_each_row(from, out, to, warp, fill, |cells: &mut SplineCells, at, row| {
        cells.find(at, last, shift);
        evaluate(coefficients.view(), cells, row);
    });
}

crate::vectorized! {
    /// The spline at the places of a row.
    fn evaluate(coefficients: ArrayView3<'_, f32>, cells: &SplineCells, row: &mut [f32]) {
        let (_, height, width) = coefficients.dim();
        let coefficients = coefficients.to_slice().expect("a new array is in standard layout");
        let n = row.len();
        let [i, j, k] = cells.first.each_ref().map(|first| &first[..n]);
        let [ti, tj, tk] = cells.fractions.each_ref().map(|fractions| &fractions[..n]);
        for n in 0..n {
            let [wi, wj, wk] = [weights(ti[n]), weights(tj[n]), weights(tk[n])];
            let offset = (i[n] as usize * height + j[n] as usize) * width + k[n] as usize;
            let mut sums = [0.0_f32; 4];
            for (di, wi) in wi.into_iter().enumerate() {
                let mut plane = [0.0_f32; 4];
                for (dj, wj) in wj.into_iter().enumerate() {
                    // The coefficients have a margin: no place of the image reaches behind them.
                    let four = coefficients.get(offset + (di * height + dj) * width..);
                    let four: [f32; 4] = four.and_then(<[f32]>::first_chunk).copied().unwrap_or_default();
                    for lane in 0..4 {
                        plane[lane] += wj * four[lane];
                    }
                }
                for lane in 0..4 {
                    sums[lane] += wi * plane[lane];
                }
            }
            row[n] = (sums[0] * wk[0] + sums[1] * wk[1]) + (sums[2] * wk[2] + sums[3] * wk[3]);
        }
    }
}

/// For each place of a row the first of its four coefficients along each axis, and how far it is behind the second.
#[derive(Default)]
struct SplineCells {
    first: [Vec<u32>; 3],
    fractions: [Vec<f32>; 3],
}

impl SplineCells {
    /// Places beyond the image, which ends half a voxel behind `last`, are taken as on its border.
    fn find(&mut self, at: [&[f32]; 3], last: [f32; 3], shift: [f32; 3]) {
        for axis in 0..3 {
            let (first, fractions) = (&mut self.first[axis], &mut self.fractions[axis]);
            first.resize(at[axis].len(), 0);
            fractions.resize(at[axis].len(), 0.0);
            for ((first, fraction), &x) in first.iter_mut().zip(fractions).zip(at[axis]) {
                let x = x.max(-0.5).min(last[axis]) + shift[axis];
                let below = x as i32;
                *first = below as u32;
                *fraction = x - below as f32;
            }
        }
    }
}

/// [`weights`](super::bspline::weights) as four polynomials side by side, which makes vector code.
#[inline]
fn weights(t: f32) -> [f32; 4] {
    const CUBED: [f32; 4] = [-1.0, 3.0, -3.0, 1.0];
    const SQUARED: [f32; 4] = [3.0, -6.0, 3.0, 0.0];
    const LINEAR: [f32; 4] = [-3.0, 0.0, 3.0, 0.0];
    const CONSTANT: [f32; 4] = [1.0, 4.0, 1.0, 0.0];
    std::array::from_fn(|n| ((CUBED[n] * t + SQUARED[n]) * t + LINEAR[n]) * t + CONSTANT[n])
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
