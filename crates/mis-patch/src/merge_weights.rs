//! How much each voxel of a patch counts.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// How much a patch counts where several overlap. A voxel's weight is the product of one weight along each axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeWeights {
    /// All voxels of all patches alike: the true mean.
    Mean,
    /// By a Gaussian around the patch's middle voxel, `exp(−½((x − ⌊n/2⌋) / (n/8))²)` along an axis of `n` voxels, as
    /// nnU-Net has it: networks are surest in the middle of a patch.
    #[default]
    Gaussian,
    /// This many voxels along i, j and k at each side of a patch count only where no other patch has a say, as at the
    /// scan's border; the rest alike.
    Crop([usize; 3]),
}

/// What a cropped voxel counts along an axis: far below what rounding to `f32` leaves of a whole one, and its cube far
/// above the smallest number.
const CROPPED: f32 = 1.0 / (1_u64 << 32) as f32;

impl MergeWeights {
    /// Says which side has nothing left of a patch.
    pub fn check(&self, patch_size: [usize; 3]) -> Result<()> {
        if let Self::Crop(edge) = self {
            for axis in 0..3 {
                let (name, edge, size) = (["i", "j", "k"][axis], edge[axis], patch_size[axis]);
                ensure!(
                    2 * edge < size,
                    "merge: crop along {name} must leave something of a patch of {size}, got {edge} at each side"
                );
            }
        }
        Ok(())
    }

    /// The weights along i, j and k.
    pub(crate) fn profiles(self, patch_size: [usize; 3]) -> [Vec<f32>; 3] {
        std::array::from_fn(|axis| {
            let size = patch_size[axis];
            let weight = |x: usize| match self {
                Self::Mean => 1.0,
                Self::Gaussian => {
                    let (middle, sigma) = ((size / 2) as f32, size as f32 / 8.0);
                    (-0.5 * ((x as f32 - middle) / sigma).powi(2)).exp()
                }
                Self::Crop(edge) if x < edge[axis] || x + edge[axis] >= size => CROPPED,
                Self::Crop(_) => 1.0,
            };
            (0..size).map(weight).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_that_leaves_nothing_is_refused_with_its_axis() {
        assert!(MergeWeights::Crop([3, 3, 0]).check([8, 7, 1]).is_ok());
        let error = MergeWeights::Crop([2, 4, 0]).check([8, 8, 1]).unwrap_err().to_string();
        assert_eq!(error, "merge: crop along j must leave something of a patch of 8, got 4 at each side");
    }
}
