//! A box of a lattice.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::prefetch;

/// A box of voxels: where it starts and how many it spans along i, j and k. It may reach over the image's border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PatchLocation {
    /// Index of the first voxel; negative before the image.
    pub start: [isize; 3],
    /// Number of voxels along i, j and k.
    pub shape: [usize; 3],
}

impl PatchLocation {
    /// The box of the whole image.
    #[must_use]
    pub fn whole(shape: [usize; 3]) -> Self {
        Self { start: [0; 3], shape }
    }

    /// Number of voxels.
    #[must_use]
    pub fn n_voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether no part of the box lies outside an image of this shape.
    #[must_use]
    pub fn inside(&self, image: [usize; 3]) -> bool {
        (0..3).all(|axis| {
            0 <= self.start[axis] && self.start[axis] + self.shape[axis] as isize <= image[axis] as isize
        })
    }

    /// The rows along k of the box's part of an image of this shape, as ranges of offsets into it, k fastest; none where
    /// box and image do not meet.
    pub fn rows(&self, image: [usize; 3]) -> impl Iterator<Item = Range<usize>> + use<> {
        let [is, js, ks] = [0, 1, 2].map(|axis| self.overlap(axis, image[axis]).1);
        let is = if ks.is_empty() { 0..0 } else { is };
        is.flat_map(move |i| {
            let ks = ks.clone();
            js.clone().map(move |j| {
                let row = (i * image[1] + j) * image[2];
                row + ks.start..row + ks.end
            })
        })
    }

    /// Along one axis, how many voxels of the box lie before the image's part, and which of the image's `extent`
    /// indices it covers; an empty range where box and image do not meet.
    #[must_use]
    pub fn overlap(&self, axis: usize, extent: usize) -> (usize, Range<usize>) {
        let (start, end) = (self.start[axis], self.start[axis] + self.shape[axis] as isize);
        let first = start.clamp(0, extent as isize);
        let last = end.clamp(first, extent as isize);
        ((first - start).clamp(0, self.shape[axis] as isize) as usize, first as usize..last as usize)
    }
}

/// Voxels below which a box is copied by one thread: a copy takes less time than waking another.
const COPIED_BY_ONE: usize = 1 << 16;

/// How many rows ahead of the one that is copied memory is asked for; four to eight are alike.
const AHEAD: usize = 4;

/// Copies the box `at` of `source`, of this shape, into `out` row by row, with `fill` outside.
pub(crate) fn copy_box<T: Copy + Send + Sync>(
    source: &[T],
    shape: [usize; 3],
    at: &PatchLocation,
    fill: T,
    out: &mut [T],
) {
    let plane = at.shape[1] * at.shape[2];
    if plane == 0 {
        return;
    }
    let [(before_i, is), (before_j, js), (before_k, ks)] =
        [0, 1, 2].map(|axis| at.overlap(axis, shape[axis]));
    let copy_plane = |i: usize, out: &mut [T]| {
        if i < before_i || i >= before_i + is.len() || js.is_empty() || ks.is_empty() {
            out.fill(fill);
            return;
        }
        let source = &source[(is.start + i - before_i) * shape[1] * shape[2]..][..shape[1] * shape[2]];
        let (above, rest) = out.split_at_mut(before_j * at.shape[2]);
        let (inside, below) = rest.split_at_mut(js.len() * at.shape[2]);
        above.fill(fill);
        below.fill(fill);
        let rows = source[js.start * shape[2]..].chunks_exact(shape[2]);
        let mut ahead = rows.clone().skip(AHEAD);
        for (row, out) in rows.zip(inside.chunks_exact_mut(at.shape[2])) {
            if let Some(row) = ahead.next() {
                prefetch(&row[ks.clone()]);
            }
            out[..before_k].fill(fill);
            out[before_k..before_k + ks.len()].copy_from_slice(&row[ks.clone()]);
            out[before_k + ks.len()..].fill(fill);
        }
    };
    let planes = out.par_chunks_exact_mut(plane).with_min_len(COPIED_BY_ONE.div_ceil(plane));
    planes.enumerate().for_each(|(i, out)| copy_plane(i, out));
}
