//! Gathering row by row.

use rayon::prelude::*;

use super::Warp;

/// Lets `value` write each row of a patch from the places its voxels come from, then writes `outside` where these lie
/// beyond the image, which spans half a voxel around its outermost voxels' centers. Places beyond may reach `value`.
/// In parallel over planes, with one scratch of `value` for each thread's share.
pub(super) fn for_each_row<T: Copy + Send + Sync, S: Default>(
    from: [usize; 3],
    out: &mut [T],
    to: [usize; 3],
    warp: &Warp<'_>,
    outside: T,
    value: impl Fn(&mut S, [&[f32]; 3], &mut [T]) + Sync,
) {
    let inside = warp.inside(to, from);
    let end = from.map(|n| n as f32 - 0.5);
    let planes = out.par_chunks_exact_mut(to[1] * to[2]).enumerate();
    planes.for_each_init(
        || (warp.rows(to[2]), S::default()),
        |(rows, scratch), (i, plane)| {
            rows.enter(i);
            for (j, row) in plane.chunks_exact_mut(to[2]).enumerate() {
                let at = rows.places(i, j);
                value(scratch, at, row);
                if !inside {
                    for (axis, at) in at.into_iter().enumerate() {
                        for (out, &x) in row.iter_mut().zip(at) {
                            *out = if -0.5 <= x && x <= end[axis] { *out } else { outside };
                        }
                    }
                }
            }
        },
    );
}

/// The value of the voxel whose center is nearest.
pub(super) fn nearest<T: Copy>(source: &[T], from: [usize; 3], at: [&[f32]; 3], row: &mut [T]) {
    // Places from −½ on: adding ½ before cutting off rounds. Casts of lower ones give 0.
    let index = |axis: usize, n: usize| ((at[axis][n] + 0.5) as u32 as usize).min(from[axis] - 1);
    for (n, out) in row.iter_mut().enumerate() {
        *out = source[(index(0, n) * from[1] + index(1, n)) * from[2] + index(2, n)];
    }
}
