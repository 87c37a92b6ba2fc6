//! Grey values under a coordinate map.

use rayon::prelude::*;

use super::gather_cubic::gather_cubic;
use super::resize::check_shape;
use super::{Order, VoxelMap};

/// Reads one channel of shape `from` at the places where `map` takes the voxels of a patch of shape `to`.
///
/// The image spans half a voxel around its outermost voxels' centers and is constant there; beyond, the value is `fill`.
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn gather(
    source: &[f32],
    from: [usize; 3],
    out: &mut [f32],
    to: [usize; 3],
    map: &VoxelMap,
    order: Order,
    fill: f32,
) {
    check_shape(source.len(), from);
    check_shape(out.len(), to);
    match order {
        Order::Nearest => at_each_voxel(from, out, to, map, fill, |at| source[nearest(at, from)]),
        Order::Linear => {
            let around = Around::of(from);
            at_each_voxel(from, out, to, map, fill, |at| linear(source, &around, at));
        }
        Order::Cubic => gather_cubic(source, from, out, to, map, fill),
    }
}

/// Writes `value(source index)` to every voxel whose place lies in the image, `outside` to the others, in parallel
/// over planes.
pub(super) fn at_each_voxel<T: Copy + Send + Sync>(
    from: [usize; 3],
    out: &mut [T],
    to: [usize; 3],
    map: &VoxelMap,
    outside: T,
    value: impl Fn([f32; 3]) -> T + Sync,
) {
    let inside = map.inside(to, from);
    let end = from.map(|n| n as f32 - 0.5);
    let planes = out.par_chunks_exact_mut(to[1] * to[2]).enumerate();
    planes.for_each_init(
        || [(); 3].map(|()| vec![0.0_f32; to[2]]),
        |at, (i, plane)| {
            for (j, row) in plane.chunks_exact_mut(to[2]).enumerate() {
                map.row(i, j, at);
                let at = at[0].iter().zip(&at[1]).zip(&at[2]);
                for (out, ((&x, &y), &z)) in row.iter_mut().zip(at) {
                    let at = [x, y, z];
                    *out = if inside || (0..3).all(|axis| -0.5 <= at[axis] && at[axis] <= end[axis]) {
                        value(at)
                    } else {
                        outside
                    };
                }
            }
        },
    );
}

/// The offset of the voxel whose center is nearest.
#[inline]
pub(super) fn nearest(at: [f32; 3], from: [usize; 3]) -> usize {
    // Places from −½ on: adding ½ before cutting off rounds.
    let [i, j, k] = std::array::from_fn(|axis| ((at[axis] + 0.5) as i32 as usize).min(from[axis] - 1));
    (i * from[1] + j) * from[2] + k
}

/// How to find the 8 voxels around a place.
pub(super) struct Around {
    last: [f32; 3],
    /// The highest lower neighbor along each axis.
    highest: [i32; 3],
    strides: [usize; 3],
    /// From the lower to the upper neighbor; none where an axis has one voxel.
    pub(super) steps: [usize; 3],
}

impl Around {
    pub(super) fn of(shape: [usize; 3]) -> Self {
        let strides = [shape[1] * shape[2], shape[2], 1];
        Self {
            last: shape.map(|n| (n - 1) as f32),
            highest: shape.map(|n| n.saturating_sub(2) as i32),
            strides,
            steps: std::array::from_fn(|axis| if shape[axis] > 1 { strides[axis] } else { 0 }),
        }
    }

    /// The offset of the lower neighbor and the distances from it.
    #[inline]
    pub(super) fn place(&self, at: [f32; 3]) -> (usize, [f32; 3]) {
        let mut offset = 0;
        let fractions = std::array::from_fn(|axis| {
            let at = at[axis].max(0.0).min(self.last[axis]);
            let lower = (at as i32).min(self.highest[axis]);
            offset += lower as usize * self.strides[axis];
            at - lower as f32
        });
        (offset, fractions)
    }
}

#[inline]
fn linear(source: &[f32], around: &Around, at: [f32; 3]) -> f32 {
    let (offset, [ti, tj, tk]) = around.place(at);
    let [si, sj, sk] = around.steps;
    let source = &source[offset..=offset + si + sj + sk];
    let pair = |offset: usize| {
        let lower = source[offset];
        lower + tk * (source[offset + sk] - lower)
    };
    let side = |offset: usize| {
        let lower = pair(offset);
        lower + tj * (pair(offset + sj) - lower)
    };
    let lower = side(0);
    lower + ti * (side(si) - lower)
}
