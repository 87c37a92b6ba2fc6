//! Grey values under a coordinate map.

use super::cells::Cells;
use super::gather_cubic::gather_cubic;
use super::gather_rows::{for_each_row, nearest};
use super::resize::check_shape;
use super::squeezed::{Squeezed, pair};
use super::{Order, Warp};

/// Reads one channel of shape `from` at the places where `warp` (or a [`VoxelMap`](super::VoxelMap)) takes the voxels
/// of a patch of shape `to`.
///
/// The image spans half a voxel around its outermost voxels' centers and is constant there; beyond, the value is `fill`.
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn gather<'a>(
    source: &[f32],
    from: [usize; 3],
    out: &mut [f32],
    to: [usize; 3],
    warp: impl Into<Warp<'a>>,
    order: Order,
    fill: f32,
) {
    check_shape(source.len(), from);
    check_shape(out.len(), to);
    let warp = &warp.into();
    match order {
        Order::Nearest => for_each_row(from, out, to, warp, fill, |_: &mut (), at, row| {
            nearest(source, from, at, row);
        }),
        Order::Linear => {
            let image = Squeezed::of(source, from);
            for_each_row(from, out, to, warp, fill, |cells: &mut Cells, at, row| {
                linear(&image, cells, at, row);
            });
        }
        Order::Cubic => gather_cubic(source, from, out, to, warp, fill),
    }
}

crate::vectorized! {
    /// A blend of the 8 voxels around each place. Every blend is `a + t·(b − a)`, which leaves equal values as they are.
    fn linear(image: &Squeezed<'_, f32>, cells: &mut Cells, at: [&[f32]; 3], row: &mut [f32]) {
        cells.find(image.shape, image.axes.map(|axis| at[axis]));
        let n = row.len();
        let ([i, j, k], [ti, tj, tk]) = (cells.lower(n), cells.fractions(n));
        let (values, [stride_i, stride_j], [si, sj]) = (image.values(), image.strides(), image.steps());
        for n in 0..n {
            let offset = i[n] as usize * stride_i + j[n] as usize * stride_j + k[n] as usize;
            let pair = |step: usize| {
                let [lower, upper] = pair(values, offset + step);
                lower + tk[n] * (upper - lower)
            };
            let (a, b, c, d) = (pair(0), pair(sj), pair(si), pair(si + sj));
            let (lower, upper) = (a + tj[n] * (b - a), c + tj[n] * (d - c));
            row[n] = lower + ti[n] * (upper - lower);
        }
    }
}
