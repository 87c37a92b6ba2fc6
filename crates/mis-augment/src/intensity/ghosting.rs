//! Copies of what moved evenly.

use anyhow::{Result, ensure};
use mis_core::{Sample, SampleRng};
use ndarray::ArrayView3;
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use super::k_space::{frequencies, long_axes, weighted};
use crate::factor::uniform;
use crate::told::transform_by_draw;

/// Ghosts of the image along an axis, as periodic motion such as breathing leaves in MR.
///
/// Every `n`-th line of k-space along the axis is weakened, all but the innermost (TorchIO): the image appears `n` times
/// more, weakly, at even distances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ghosting {
    /// Fewest and most ghosts.
    pub n_ghosts: [u32; 2],
    /// Lowest and highest share by which lines are weakened.
    pub intensity: [f32; 2],
    /// Along which of i, j and k they may lie; all by default.
    pub axes: [bool; 3],
}

impl Default for Ghosting {
    fn default() -> Self {
        Self { n_ghosts: [4, 10], intensity: [0.5, 1.0], axes: [true; 3] }
    }
}

/// One draw of [`Ghosting`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GhostingDraw {
    /// The axis, 0 for i.
    pub axis: usize,
    /// Number of ghosts.
    pub n_ghosts: u32,
    /// The share by which lines are weakened.
    pub intensity: f32,
}

/// The share of the lines around the center that are left alone: they hold the image's brightness.
const CENTER: f32 = 0.02;

impl Ghosting {
    /// The ghosts of one patch; none where it is one voxel.
    #[must_use]
    pub fn draw(&self, shape: [usize; 3], rng: &mut SampleRng) -> Option<GhostingDraw> {
        let axes = long_axes(shape, self.axes);
        let which = rng.random_range(0..axes.len().max(1) as u64) as usize;
        let n_ghosts = rng.random_range(self.n_ghosts[0]..=self.n_ghosts[1]);
        let intensity = uniform(self.intensity, rng);
        axes.get(which).map(|&axis| GhostingDraw { axis, n_ghosts, intensity })
    }

    /// The sample with these ghosts.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, draw: &Option<GhostingDraw>) -> Sample {
        let Some(GhostingDraw { axis, n_ghosts, intensity }) = *draw else { return sample };
        let shape = sample.image.shape();
        let center = (CENTER * shape[axis] as f32 / 2.0) as usize;
        let weight = |frequency: isize| {
            let distance = frequency.unsigned_abs();
            if distance > center && distance.is_multiple_of(n_ghosts as usize) {
                1.0 - intensity
            } else {
                1.0
            }
        };
        let weights: Vec<f32> = frequencies(shape[axis]).map(weight).collect();
        for channel in sample.image.as_slice_mut().chunks_exact_mut(shape.iter().product()) {
            let image = ArrayView3::from_shape(shape, &*channel).expect("one value per voxel");
            let ghosts = weighted(image, axis, &weights);
            channel.copy_from_slice(ghosts.as_slice().expect("a new array is in standard layout"));
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        let ([fewest, most], [lowest, highest]) = (self.n_ghosts, self.intensity);
        ensure!(
            2 <= fewest && fewest <= most,
            "n-ghosts must go from a lower to a higher number from 2 on, got {:?}",
            self.n_ghosts
        );
        ensure!(
            0.0 <= lowest && lowest <= highest && highest <= 1.0,
            "intensity must go from a lower to a higher share up to 1, got {:?}",
            self.intensity
        );
        Ok(())
    }
}

transform_by_draw!(Ghosting, "ghosting", |this, sample, rng| this.draw(sample.image.shape(), rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    #[test]
    fn a_point_appears_again_at_even_distances() {
        let mut data = Array4::zeros((1, 2, 120, 2));
        data[(0, 1, 10, 1)] = 1.0;
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let draw = GhostingDraw { axis: 1, n_ghosts: 4, intensity: 0.8 };
        let found = Ghosting::default().apply_drawn(sample, &Some(draw));
        for j in 0..120 {
            let value = found.image.data()[(0, 1, j, 1)];
            // Each fourth line but two around the center: a comb of distance 120/4, and a little everywhere.
            let expected = match j {
                10 => 1.0 - 0.2,
                _ if j % 30 == 10 => -0.2,
                _ => 0.0,
            };
            assert!((value - expected).abs() < 0.01, "{value} at {j}");
            assert!(found.image.data()[(0, 0, j, 1)].abs() < 1e-6);
        }
    }
}
