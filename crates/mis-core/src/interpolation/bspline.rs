//! Cubic B-splines along one axis, sixteen lines at a time.

use ndarray::{Array3, ArrayView2, ArrayView3, ArrayViewMut2, ArrayViewMut3, Axis, Slice};
use rayon::prelude::*;

/// Lines filtered side by side: a recursive filter waits for its last value, so only many lines keep the processor busy.
const LANES: usize = 16;
type Lanes = [f32; LANES];

/// Coefficients kept before and after a line: the spline reaches two voxels beyond the border.
pub(super) const MARGIN: usize = 2;

/// One value of a new axis: four neighboring coefficients and their weights.
#[derive(Clone, Copy)]
pub(super) struct Tap {
    /// The first of the four, counted from the coefficient `MARGIN` places before the line.
    pub(super) first: usize,
    pub(super) weights: [f32; 4],
}

/// The weights of the coefficients `-1, 0, 1, 2` at a place `fraction` behind coefficient 0. They add up to 6: the
/// filter leaves its gain of 6 to them.
#[inline]
pub(super) fn weights(fraction: f32) -> [f32; 4] {
    let (t, u) = (fraction, 1.0 - fraction);
    [u * u * u, 4.0 + t * t * (3.0 * t - 6.0), 4.0 + u * u * (3.0 * u - 6.0), t * t * t]
}

/// Fits splines along the axes that have taps and evaluates them there; other axes stay as they are.
///
/// Each axis is resampled in place, so that `out` serves as the place in between: only where an axis becomes shorter do
/// its last slices need memory of their own.
pub(super) fn fit_and_evaluate(
    source: ArrayView3<'_, f32>,
    taps: [Option<&[Tap]>; 3],
    mut out: ArrayViewMut3<'_, f32>,
) {
    let (n_planes, within) = (source.dim().0, (out.dim().1, out.dim().2));
    let n_rest = n_planes.saturating_sub(out.dim().0);
    let mut rest = Array3::zeros((n_rest, within.0, within.1));
    {
        let mut first = out.slice_axis_mut(Axis(0), Slice::from(..n_planes - n_rest));
        let planes: Vec<_> = first.outer_iter_mut().chain(rest.outer_iter_mut()).collect();
        let planes = planes.into_par_iter().zip(source.outer_iter());
        planes.for_each_init(Default::default, |(lines, rest), (out, plane)| {
            in_plane(plane, [taps[1], taps[2]], out, lines, rest);
        });
    }
    let Some(taps_i) = taps[0] else { return };
    let columns = out.axis_iter_mut(Axis(1)).into_par_iter().zip(rest.axis_iter(Axis(1)));
    columns.for_each_init(Vec::new, |lines, (out, rest)| along_rows(out, rest, n_planes, taps_i, lines));
}

fn in_plane(
    source: ArrayView2<'_, f32>,
    taps: [Option<&[Tap]>; 2],
    mut out: ArrayViewMut2<'_, f32>,
    lines: &mut Vec<Lanes>,
    rest: &mut Vec<f32>,
) {
    let n_rows = source.nrows();
    let (first, last) = source.split_at(Axis(0), n_rows.min(out.nrows()));
    let within = |source: ArrayView2<'_, f32>, mut out: ArrayViewMut2<'_, f32>, lines: &mut _| match taps[1] {
        Some(taps) => within_rows(source, taps, out, lines),
        None => out.assign(&source),
    };
    within(first, out.slice_axis_mut(Axis(0), Slice::from(..first.nrows())), lines);
    let Some(taps_j) = taps[0] else { return };
    let shape = (last.nrows(), out.ncols());
    rest.resize(shape.0 * shape.1, 0.0);
    let mut rest = ArrayViewMut2::from_shape(shape, rest).expect("one value per place");
    within(last, rest.view_mut(), lines);
    along_rows(out, rest.view(), n_rows, taps_j, lines);
}

crate::vectorized! {
    /// Splines within each row.
    fn within_rows(
        source: ArrayView2<'_, f32>,
        taps: &[Tap],
        out: ArrayViewMut2<'_, f32>,
        lines: &mut Vec<Lanes>,
    ) {
        let mut out = out;
        lines.resize(source.ncols() + 2 * MARGIN, [0.0; LANES]);
        for first in (0..source.nrows()).step_by(LANES) {
            let n_lanes = LANES.min(source.nrows() - first);
            // Lanes without a row hold zeros: filtered again and again they would fade to slow denormal numbers.
            lines.fill([0.0; LANES]);
            for lane in 0..n_lanes {
                for (line, &value) in lines[MARGIN..].iter_mut().zip(source.row(first + lane)) {
                    line[lane] = value;
                }
            }
            prefilter(lines);
            for (x, tap) in taps.iter().enumerate() {
                let values = evaluate(lines, tap);
                for lane in 0..n_lanes {
                    out[(first + lane, x)] = values[lane];
                }
            }
        }
    }
}

crate::vectorized! {
    /// Splines across `n_rows` rows, from one row to the next, the first of which lie in `out`, the others in `rest`.
    fn along_rows(
        out: ArrayViewMut2<'_, f32>,
        rest: ArrayView2<'_, f32>,
        n_rows: usize,
        taps: &[Tap],
        lines: &mut Vec<Lanes>,
    ) {
        let mut out = out;
        lines.resize(n_rows + 2 * MARGIN, [0.0; LANES]);
        for first in (0..out.ncols()).step_by(LANES) {
            let n_lanes = LANES.min(out.ncols() - first);
            let rows = out.rows().into_iter().take(n_rows - rest.nrows()).chain(rest.rows());
            for (line, row) in lines[MARGIN..].iter_mut().zip(rows) {
                let row = row.to_slice().expect("rows are contiguous");
                *line = [0.0; LANES];
                line[..n_lanes].copy_from_slice(&row[first..first + n_lanes]);
            }
            prefilter(lines);
            for (tap, row) in taps.iter().zip(out.rows_mut()) {
                let row = row.into_slice().expect("rows are contiguous");
                row[first..first + n_lanes].copy_from_slice(&evaluate(lines, tap)[..n_lanes]);
            }
        }
    }
}

#[inline(always)] // likewise
fn evaluate(lines: &[Lanes], tap: &Tap) -> Lanes {
    let [a, b, c, d] = &lines[tap.first..tap.first + 4] else { unreachable!("four lines were asked for") };
    let w = tap.weights;
    std::array::from_fn(|lane| w[0] * a[lane] + w[1] * b[lane] + (w[2] * c[lane] + w[3] * d[lane]))
}

/// The B-spline's coefficients (less the gain of 6) in place of the values `lines[MARGIN..len - MARGIN]`, and those of
/// the margins, for a line that goes on for ever with its outermost values (Unser 1999: one pole, forth and back).
#[inline(always)] // to become part of the vector code of its two callers
fn prefilter(lines: &mut [Lanes]) {
    const POLE: f32 = -0.267_949_2; // √3 − 2
    // A constant x comes out of the first pass as x / (1 − pole), out of both as −pole·x / (1 − pole)².
    const FORTH: f32 = 1.0 / (1.0 - POLE);
    const SETTLED: f32 = -POLE / (1.0 - POLE);
    const SETTLING: f32 = -POLE / (1.0 - POLE * POLE);

    let (start, end) = (MARGIN, lines.len() - MARGIN);
    let after = lines[end - 1].map(|x| x * FORTH);
    let mut last = lines[start].map(|x| x * FORTH);
    lines[..=start].fill(last);
    for line in &mut lines[start + 1..end] {
        for lane in 0..LANES {
            last[lane] = line[lane] + POLE * last[lane];
        }
        *line = last;
    }
    // Behind the line the first pass settles to `after`; the second, which comes from there, has a closed form.
    let mut excess: Lanes = std::array::from_fn(|lane| last[lane] - after[lane]);
    for line in &mut lines[end - 1..] {
        for lane in 0..LANES {
            line[lane] = SETTLED * after[lane] + SETTLING * excess[lane];
            excess[lane] *= POLE;
        }
    }
    last = lines[end - 1];
    for line in lines[..end - 1].iter_mut().rev() {
        for lane in 0..LANES {
            last[lane] = POLE * (last[lane] - line[lane]);
        }
        *line = last;
    }
}
