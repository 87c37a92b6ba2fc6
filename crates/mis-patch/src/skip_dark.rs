//! Patches of air.

use anyhow::{Result, ensure};
use mis_core::{PatchLocation, Volume};
use serde::{Deserialize, Serialize};

/// Leaves out patches by their grey values alone: those that are nearly all air, or the noise around a head.
///
/// Grey values are those after preprocessing; voxels outside the scan do not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SkipDark {
    /// A voxel is dark whose grey value is this or less.
    pub at_most: f32,
    /// A patch is left out when at least this share of its voxels is dark, 0 to 1.
    #[serde(default = "all")]
    pub share: f64,
    /// The channel that is looked at, from 0.
    #[serde(default)]
    pub channel: usize,
}

fn all() -> f64 {
    1.0
}

impl SkipDark {
    /// Says which value cannot be.
    pub fn check(&self) -> Result<()> {
        ensure!(!self.at_most.is_nan(), "patches: at-most of skip-dark must be a number, got NaN");
        ensure!(
            self.share > 0.0 && self.share <= 1.0,
            "patches: share of skip-dark must be above 0 and at most 1, got {}",
            self.share
        );
        Ok(())
    }

    /// Says that the images have no such channel.
    pub fn check_channels(&self, n_channels: usize) -> Result<()> {
        ensure!(
            self.channel < n_channels,
            "patches: channel of skip-dark must be below the {n_channels} channels of the images, got {}",
            self.channel
        );
        Ok(())
    }

    pub(crate) fn is_dark(&self, image: &Volume, at: &PatchLocation) -> bool {
        let n: usize = image.shape().iter().product();
        let channel = &image.as_slice()[self.channel * n..][..n];
        let (mut n_voxels, mut n_dark) = (0, 0);
        for row in at.rows(image.shape()) {
            n_voxels += row.len();
            n_dark += channel[row].iter().filter(|&&value| value <= self.at_most).count();
        }
        n_dark as f64 >= self.share * n_voxels as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, ndarray::Array4};

    #[test]
    fn a_patch_is_dark_from_its_share_of_dark_voxels_on() {
        let image = Array4::from_shape_vec((1, 1, 1, 4), vec![-900.0, -500.0, 40.0, -1000.0]).unwrap();
        let image = Volume::new(image, Affine::from_spacing([1.0; 3])).unwrap();
        let is_dark = |share| {
            SkipDark { at_most: -500.0, share, channel: 0 }.is_dark(&image, &PatchLocation::whole([1, 1, 4]))
        };
        assert!(is_dark(0.75));
        assert!(!is_dark(0.76));
    }
}
