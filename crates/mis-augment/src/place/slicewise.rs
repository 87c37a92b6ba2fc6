//! Flat patches.

use serde::{Deserialize, Serialize};

/// When a patch is taken as a stack of slices that move alike, each within its plane (nnU-Net's "dummy 2-D").
///
/// A patch of one slice, a 2-D image, always is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slicewise {
    /// Only where there is one slice.
    Never,
    /// Where the longest side has more than this many times the voxels of the shortest; nnU-Net's number is 3.
    Beyond(f32),
}

impl Default for Slicewise {
    fn default() -> Self {
        Self::Beyond(3.0)
    }
}

impl Slicewise {
    /// The axis across the slices of a patch; none where all axes are alike.
    #[must_use]
    pub fn axis(self, shape: [usize; 3]) -> Option<usize> {
        // Of equals the last: the k of a 2-D image.
        let shortest = (0..3).rev().min_by_key(|&axis| shape[axis])?;
        let longest = shape.into_iter().max()? as f32;
        let flat = match self {
            Self::Never => false,
            Self::Beyond(ratio) => longest > ratio * shape[shortest] as f32,
        };
        (flat || shape[shortest] == 1).then_some(shortest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_patches_and_single_slices_have_an_axis_across() {
        assert_eq!(Slicewise::default().axis([40, 160, 160]), Some(0));
        assert_eq!(Slicewise::default().axis([54, 160, 160]), None);
        assert_eq!(Slicewise::default().axis([160, 160, 20]), Some(2));
        assert_eq!(Slicewise::Never.axis([20, 160, 160]), None);
        assert_eq!(Slicewise::Never.axis([20, 16, 1]), Some(2));
    }
}
