//! A regular grid of patches over a scan.

use anyhow::{Result, ensure};
use mis_core::PatchLocation;
use serde::{Deserialize, Serialize};

/// Patches of one size that cover a scan, neighbours sharing `overlap` voxels.
///
/// Patches stand every `patch_size − overlap` voxels; one that would reach over the end is shifted back to it, so that
/// it shares more with its neighbour (MIScnn's rule). Along an axis where the scan is smaller than the patch there is
/// one patch, centred on the scan and reaching over both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatchGrid {
    /// Voxels of a patch along i, j and k.
    pub patch_size: [usize; 3],
    /// Voxels that neighbours share along i, j and k; less than the patch size.
    pub overlap: [usize; 3],
}

impl PatchGrid {
    /// Says which side cannot be: a size of 0, or an overlap that leaves no step to the next patch.
    pub fn check(&self) -> Result<()> {
        for axis in 0..3 {
            let (size, overlap) = (self.patch_size[axis], self.overlap[axis]);
            let name = ["i", "j", "k"][axis];
            ensure!(size > 0, "patches: size along {name} must be positive, got 0");
            ensure!(
                overlap < size,
                "patches: overlap along {name} must be less than the size {size}, got {overlap}"
            );
        }
        Ok(())
    }

    /// The patches that cover a scan of this shape; i slowest, k fastest.
    ///
    /// # Panics
    /// With sizes that [`check`](Self::check) refuses.
    #[must_use]
    pub fn locations(&self, image: [usize; 3]) -> Vec<PatchLocation> {
        let [is, js, ks] = std::array::from_fn(|axis| self.starts(axis, image[axis]));
        let shape = self.patch_size;
        let row = |i, j| ks.iter().map(move |&k| PatchLocation { start: [i, j, k], shape });
        is.iter().flat_map(|&i| js.iter().flat_map(move |&j| row(i, j))).collect()
    }

    fn starts(&self, axis: usize, extent: usize) -> Vec<isize> {
        let (size, overlap) = (self.patch_size[axis], self.overlap[axis]);
        assert!(overlap < size, "overlap {overlap} leaves no step of patches of {size}");
        if extent <= size {
            return vec![-(((size - extent) / 2) as isize)];
        }
        let step = size - overlap;
        let n = (extent - overlap).div_ceil(step);
        (0..n).map(|patch_idx| (patch_idx * step).min(extent - size) as isize).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(extent: usize, size: usize, overlap: usize, expected: &[isize]) {
        let grid = PatchGrid { patch_size: [size, 1, 1], overlap: [overlap, 0, 0] };
        let starts: Vec<_> = grid.locations([extent, 1, 1]).iter().map(|at| at.start[0]).collect();
        assert_eq!(starts, expected);
    }

    #[test]
    fn patches_stand_where_miscnn_puts_them() {
        check(10, 4, 2, &[0, 2, 4, 6]);
        check(11, 4, 2, &[0, 2, 4, 6, 7]);
        check(16, 5, 0, &[0, 5, 10, 11]);
        let grid = |patch_size, overlap| PatchGrid { patch_size, overlap };
        assert_eq!(grid([5, 5, 1], [2, 2, 0]).locations([16, 16, 1]).len(), 25);
        assert_eq!(grid([5; 3], [2; 3]).locations([16; 3]).len(), 125);
    }

    #[test]
    fn a_patch_larger_than_the_scan_is_centred_on_it() {
        check(7, 12, 4, &[-2]);
    }

    #[test]
    fn an_overlap_as_large_as_the_patch_is_refused_with_both_numbers() {
        let error = PatchGrid { patch_size: [4, 8, 8], overlap: [2, 8, 4] }.check().unwrap_err().to_string();
        assert_eq!(error, "patches: overlap along j must be less than the size 8, got 8");
    }

    proptest! {
        #[test]
        fn every_voxel_is_covered_and_no_patch_leaves_a_scan_that_holds_it(
            extent in 1_usize..60, size in 1_usize..30, overlap in 0_usize..30,
        ) {
            let overlap = overlap % size;
            let grid = PatchGrid { patch_size: [size, 1, 1], overlap: [overlap, 0, 0] };
            let locations = grid.locations([extent, 1, 1]);
            let mut covered = vec![false; extent];
            for at in &locations {
                covered[at.overlap(0, extent).1].fill(true);
                prop_assert!(extent < size || at.inside([extent, 1, 1]));
            }
            prop_assert!(covered.into_iter().all(|voxel| voxel));
        }
    }
}
