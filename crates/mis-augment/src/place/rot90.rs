//! Quarter-turns.

use anyhow::{Result, ensure};
use mis_core::{Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use super::permuted::Permuted;
use crate::Slicewise;
use crate::told::transform_by_draw;

/// Turns image and labels by 0, 90, 180 or 270 degrees about each axis, all as likely.
///
/// Voxels change their places and nothing else; the lattice stays. Where the sides of a plane differ it is turned by 0
/// or 180 degrees; slices turn within their plane alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rot90 {
    /// About which of i, j and k it may turn; all by default.
    pub axes: [bool; 3],
    /// When slices turn within their plane alone.
    pub slicewise: Slicewise,
}

impl Default for Rot90 {
    fn default() -> Self {
        Self { axes: [true; 3], slicewise: Slicewise::default() }
    }
}

impl Rot90 {
    /// Quarter-turns about i, j and k, in this order.
    #[must_use]
    pub fn draw(&self, shape: [usize; 3], rng: &mut SampleRng) -> [u8; 3] {
        let across = self.slicewise.axis(shape);
        std::array::from_fn(|axis| {
            if !self.axes[axis] || across.is_some_and(|across| across != axis) {
                0
            } else if shape[(axis + 1) % 3] == shape[(axis + 2) % 3] {
                rng.random_range(0..4)
            } else {
                2 * rng.random_range(0..2_u8)
            }
        })
    }

    /// The sample after these quarter-turns about i, then j, then k, each right-handed: about k, i is turned to j.
    ///
    /// # Panics
    /// Where a quarter-turn would exchange axes of different extent.
    #[must_use]
    pub fn apply_drawn(&self, sample: Sample, quarters: &[u8; 3]) -> Sample {
        let mut permuted = Permuted::IDENTITY;
        for (axis, &n) in quarters.iter().enumerate() {
            for _ in 0..n {
                permuted = permuted.turned(axis);
            }
        }
        permuted.apply(sample)
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        ensure!(self.axes.contains(&true), "axes must allow at least one of i, j and k, got {:?}", self.axes);
        Ok(())
    }
}

transform_by_draw!(Rot90, "rot90", |this, sample, rng| this.draw(sample.image.shape(), rng));
