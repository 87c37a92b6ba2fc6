//! A regular grid of patches over a scan.

use anyhow::{Result, ensure};
use mis_core::PatchLocation;
use serde::{Deserialize, Serialize};

use crate::GridPlan;

/// Patches of one size that cover a scan, neighbours sharing `overlap` voxels or a little more: a patch stands every
/// `patch_size − overlap` voxels, and [`Placement`] says what becomes of the rest.
///
/// Along an axis where the scan is smaller than the patch there is one patch, centred on the scan and reaching over
/// both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatchGrid {
    /// Voxels of a patch along i, j and k.
    pub patch_size: [usize; 3],
    /// Voxels that neighbours share along i, j and k; less than the patch size.
    pub overlap: [usize; 3],
}

/// Where the patches of a grid stand along an axis that is no multiple of their step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Every step from the scan's start; the last one, which would reach over the end, is shifted back to it and shares
    /// more with its neighbour (MIScnn's rule).
    #[default]
    ShiftedBack,
    /// As many, at equal distances rounded to voxels, halves to the even one (nnU-Net's rule).
    EvenlySpread,
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

    /// The grid of one patch: a full image, seen at once.
    #[must_use]
    pub fn whole(image: [usize; 3]) -> Self {
        Self { patch_size: image, overlap: [0; 3] }
    }

    /// Where the patches of a scan of this shape stand.
    ///
    /// # Panics
    /// With sizes that [`check`](Self::check) refuses.
    #[must_use]
    pub fn plan(&self, image: [usize; 3], placement: Placement) -> GridPlan {
        let starts = std::array::from_fn(|axis| self.starts(axis, image[axis], placement));
        GridPlan { image, patch_size: self.patch_size, starts }
    }

    /// The patches that cover a scan of this shape, by MIScnn's rule; i slowest, k fastest.
    ///
    /// # Panics
    /// With sizes that [`check`](Self::check) refuses.
    #[must_use]
    pub fn locations(&self, image: [usize; 3]) -> Vec<PatchLocation> {
        self.plan(image, Placement::ShiftedBack).locations().collect()
    }

    fn starts(&self, axis: usize, extent: usize, placement: Placement) -> Vec<isize> {
        let (size, overlap) = (self.patch_size[axis], self.overlap[axis]);
        assert!(overlap < size, "overlap {overlap} leaves no step of patches of {size}");
        if extent <= size {
            return vec![-(((size - extent) / 2) as isize)];
        }
        let (step, room) = (size - overlap, extent - size);
        let n = (extent - overlap).div_ceil(step);
        let start = |patch_idx: usize| match placement {
            Placement::ShiftedBack => (patch_idx * step).min(room),
            Placement::EvenlySpread => {
                ((room * patch_idx) as f64 / (n - 1) as f64).round_ties_even() as usize
            }
        };
        (0..n).map(|patch_idx| start(patch_idx) as isize).collect()
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
    fn patches_are_spread_as_nnunet_spreads_them() {
        let starts = |extent, size, overlap| {
            let grid = PatchGrid { patch_size: [size, 1, 1], overlap: [overlap, 0, 0] };
            grid.plan([extent, 1, 1], Placement::EvenlySpread).starts[0].clone()
        };
        // The tiles of a volume of 100 x 256 x 256 in patches of 64 x 128 x 128 that nnU-Net 2.8 predicts.
        assert_eq!(starts(100, 64, 32), [0, 18, 36]);
        assert_eq!(starts(256, 128, 64), [0, 64, 128]);
        assert_eq!(starts(9, 4, 2), [0, 2, 3, 5]); // 1.67 and 3.33
        assert_eq!(starts(3, 4, 2), [0]);
    }

    #[test]
    fn a_full_image_is_a_grid_of_one() {
        let whole = PatchLocation::whole([7, 9, 1]);
        assert_eq!(PatchGrid::whole([7, 9, 1]).locations([7, 9, 1]), [whole]);
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
            for placement in [Placement::ShiftedBack, Placement::EvenlySpread] {
                let mut covered = vec![false; extent];
                for at in grid.plan([extent, 1, 1], placement).locations() {
                    covered[at.overlap(0, extent).1].fill(true);
                    prop_assert!(extent < size || at.inside([extent, 1, 1]));
                }
                prop_assert!(covered.into_iter().all(|voxel| voxel));
            }
        }
    }
}
