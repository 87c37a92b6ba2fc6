//! The patches of one scan's grid.

use mis_core::PatchLocation;

/// Where the patches of one scan's grid stand: every combination of the starts along i, j and k.
///
/// Of [`PatchGrid::plan`](crate::PatchGrid::plan). The starts of an axis grow, and every voxel of the scan is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridPlan {
    /// Voxels of the scan along i, j and k.
    pub image: [usize; 3],
    /// Voxels of a patch along i, j and k.
    pub patch_size: [usize; 3],
    /// First voxel of each patch along i, j and k; negative where the patch is larger than the scan.
    pub starts: [Vec<isize>; 3],
}

impl GridPlan {
    /// Number of patches.
    #[must_use]
    pub fn n_patches(&self) -> usize {
        self.starts.iter().map(Vec::len).product()
    }

    /// The patches; i slowest, k fastest.
    pub fn locations(&self) -> impl ExactSizeIterator<Item = PatchLocation> + '_ {
        (0..self.n_patches()).map(|patch_idx| self.location(patch_idx))
    }

    /// The patch of this place in the order.
    ///
    /// # Panics
    /// Past the last patch.
    #[must_use]
    pub fn location(&self, patch_idx: usize) -> PatchLocation {
        let along = self.along(patch_idx);
        PatchLocation {
            start: std::array::from_fn(|axis| self.starts[axis][along[axis]]),
            shape: self.patch_size,
        }
    }

    /// Which start along i, j and k a patch has.
    pub(crate) fn along(&self, patch_idx: usize) -> [usize; 3] {
        let [_, n_j, n_k] = [0, 1, 2].map(|axis| self.starts[axis].len());
        [patch_idx / (n_j * n_k), patch_idx / n_k % n_j, patch_idx % n_k]
    }
}
