//! A box of a lattice.

use std::ops::Range;

use serde::{Deserialize, Serialize};

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
