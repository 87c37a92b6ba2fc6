//! Class indices under a coordinate map.

use super::gather::{Around, at_each_voxel, nearest};
use super::majority::majority;
use super::resize::check_shape;
use super::{LabelOrder, VoxelMap};

/// Reads class indices of shape `from` at the places where `map` takes the voxels of a patch of shape `to`. The label
/// map spans half a voxel around its outermost voxels' centers; beyond, the class is background.
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn gather_labels(
    source: &[u8],
    from: [usize; 3],
    out: &mut [u8],
    to: [usize; 3],
    map: &VoxelMap,
    order: LabelOrder,
) {
    check_shape(source.len(), from);
    check_shape(out.len(), to);
    match order {
        LabelOrder::Nearest => at_each_voxel(from, out, to, map, 0, |at| source[nearest(at, from)]),
        LabelOrder::OneHotLinear => {
            let around = Around::of(from);
            at_each_voxel(from, out, to, map, 0, |at| one_hot_linear(source, &around, at));
        }
    }
}

#[inline]
fn one_hot_linear(source: &[u8], around: &Around, at: [f32; 3]) -> u8 {
    let (offset, t) = around.place(at);
    let [si, sj, sk] = around.steps;
    let source = &source[offset..=offset + si + sj + sk];
    let labels = [0, sk, sj, sj + sk, si, si + sk, si + sj, si + sj + sk].map(|offset| source[offset]);
    if labels == [labels[0]; 8] {
        return labels[0];
    }
    let share = |axis: usize, upper: usize| if upper == 1 { t[axis] } else { 1.0 - t[axis] };
    let shares = std::array::from_fn(|corner| {
        share(0, corner >> 2) * share(1, corner >> 1 & 1) * share(2, corner & 1)
    });
    majority(labels, shares)
}
