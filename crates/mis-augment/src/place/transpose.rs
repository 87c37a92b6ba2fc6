//! Axes exchanged.

use anyhow::{Result, ensure};
use mis_core::{Sample, SampleRng};
use rand::seq::SliceRandom as _;
use serde::{Deserialize, Serialize};

use super::permuted::Permuted;
use crate::Slicewise;
use crate::told::transform_by_draw;

/// Exchanges axes of one extent, in any order with the same probability.
///
/// Voxels change their places and nothing else; the lattice stays. The axis across slices stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Transpose {
    /// Which of i, j and k may be exchanged; all by default.
    pub axes: [bool; 3],
    /// When the axis across slices stays.
    pub slicewise: Slicewise,
}

impl Default for Transpose {
    fn default() -> Self {
        Self { axes: [true; 3], slicewise: Slicewise::default() }
    }
}

impl Transpose {
    /// For each of i, j and k the axis that comes to lie there.
    #[must_use]
    pub fn draw(&self, shape: [usize; 3], rng: &mut SampleRng) -> [usize; 3] {
        let across = self.slicewise.axis(shape);
        let mut order = [0, 1, 2];
        let free = |axis: usize| self.axes[axis] && across != Some(axis);
        // Axes change places with those of their own extent; three of one extent do so together.
        for first in 0..3 {
            let alike: Vec<usize> =
                (0..3).filter(|&axis| free(axis) && shape[axis] == shape[first]).collect();
            if alike.len() > 1 && alike[0] == first {
                let mut shuffled = alike.clone();
                shuffled.shuffle(rng);
                for (at, axis) in alike.into_iter().zip(shuffled) {
                    order[at] = axis;
                }
            }
        }
        order
    }

    /// The sample with these axes at the places of i, j and k.
    ///
    /// # Panics
    /// Where axes of different extent change places.
    #[must_use]
    pub fn apply_drawn(&self, sample: Sample, axes: &[usize; 3]) -> Sample {
        Permuted { axes: *axes, reversed: [false; 3] }.apply(sample)
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        ensure!(self.axes.contains(&true), "axes must allow at least one of i, j and k, got {:?}", self.axes);
        Ok(())
    }
}

transform_by_draw!(Transpose, "transpose", |this, sample, rng| this.draw(sample.image.shape(), rng));
