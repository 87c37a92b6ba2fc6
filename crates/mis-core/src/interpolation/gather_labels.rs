//! Class indices under a coordinate map.

use super::cells::Cells;
use super::gather_rows::{for_each_row, nearest};
use super::majority::majority;
use super::resize::check_shape;
use super::squeezed::{Squeezed, pair};
use super::{LabelOrder, Warp};

/// Reads class indices of shape `from` at the places where `warp` (or a [`VoxelMap`](super::VoxelMap)) takes the voxels
/// of a patch of shape `to`. The label map spans half a voxel around its outermost voxels' centers; beyond, the class is
/// background.
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn gather_labels<'a>(
    source: &[u8],
    from: [usize; 3],
    out: &mut [u8],
    to: [usize; 3],
    warp: impl Into<Warp<'a>>,
    order: LabelOrder,
) {
    gather_labels_filled(source, from, out, to, warp, order, 0);
}

/// As [`gather_labels`], with `fill` beyond the label map.
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn gather_labels_filled<'a>(
    source: &[u8],
    from: [usize; 3],
    out: &mut [u8],
    to: [usize; 3],
    warp: impl Into<Warp<'a>>,
    order: LabelOrder,
    fill: u8,
) {
    check_shape(source.len(), from);
    check_shape(out.len(), to);
    let warp = &warp.into();
    match order {
        LabelOrder::Nearest => for_each_row(from, out, to, warp, fill, |_: &mut (), at, row| {
            nearest(source, from, at, row);
        }),
        LabelOrder::OneHotLinear => {
            let labels = Squeezed::of(source, from);
            for_each_row(from, out, to, warp, fill, |cells: &mut Cells, at, row| {
                one_hot_linear(&labels, cells, at, row);
            });
        }
    }
}

crate::vectorized! {
    /// Nearly everywhere the 8 voxels around have one class; only elsewhere are shares counted.
    fn one_hot_linear(labels: &Squeezed<'_, u8>, cells: &mut Cells, at: [&[f32]; 3], row: &mut [u8]) {
        cells.find(labels.shape, labels.axes.map(|axis| at[axis]));
        let n = row.len();
        let ([i, j, k], t) = (cells.lower(n), cells.fractions(n));
        let (values, [stride_i, stride_j], [si, sj]) = (labels.values(), labels.strides(), labels.steps());
        for n in 0..n {
            let offset = i[n] as usize * stride_i + j[n] as usize * stride_j + k[n] as usize;
            let pairs = [0, sj, si, si + sj].map(|step| pair(values, offset + step));
            let [a, b, c, d] = pairs.map(u16::from_ne_bytes);
            row[n] = if (a ^ b) | (a ^ c) | (a ^ d) | (a ^ a.rotate_left(8)) == 0 {
                pairs[0][0]
            } else {
                vote(pairs, t.map(|t| t[n]))
            };
        }
    }
}

#[cold]
fn vote([a, b, c, d]: [[u8; 2]; 4], t: [f32; 3]) -> u8 {
    let share = |axis: usize, upper: usize| if upper == 1 { t[axis] } else { 1.0 - t[axis] };
    let shares = std::array::from_fn(|corner| {
        share(0, corner >> 2) * share(1, corner >> 1 & 1) * share(2, corner & 1)
    });
    majority([a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]], shares)
}
