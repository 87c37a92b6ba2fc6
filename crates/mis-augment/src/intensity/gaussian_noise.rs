//! Noise.

use anyhow::Result;
use mis_core::{Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use super::normal::with_normals;
use crate::factor::{check_range, uniform};
use crate::told::transform_by_draw;

/// Adds Gaussian noise to all channels: `x + N(0, σ²)`, with one σ for the patch.
///
/// By default nnU-Net's: σ from 0 to 0.1, made for z-scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianNoise {
    /// Lowest and highest standard deviation, in grey values. (batchgenerators calls it a variance, and uses it so.)
    pub sigma: [f32; 2],
}

impl Default for GaussianNoise {
    fn default() -> Self {
        Self { sigma: [0.0, 0.1] }
    }
}

/// One draw of [`GaussianNoise`], [`MultiplicativeNoise`](crate::MultiplicativeNoise) or
/// [`RicianNoise`](crate::RicianNoise).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseDraw {
    /// The standard deviation, in grey values.
    pub sigma: f32,
    /// What the noise itself is made from.
    pub seed: u64,
}

impl NoiseDraw {
    pub(crate) fn of(sigma: [f32; 2], rng: &mut SampleRng) -> Self {
        Self { sigma: uniform(sigma, rng), seed: rng.random() }
    }
}

impl GaussianNoise {
    /// The noise of one patch.
    #[must_use]
    pub fn draw(&self, rng: &mut SampleRng) -> NoiseDraw {
        NoiseDraw::of(self.sigma, rng)
    }

    /// The sample with this noise.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, draw: &NoiseDraw) -> Sample {
        with_normals(sample.image.as_slice_mut(), draw.seed, |x, z| x + draw.sigma * z);
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("sigma", self.sigma)
    }
}

transform_by_draw!(GaussianNoise, "gaussian-noise", |this, _sample, rng| this.draw(rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume, statistics};
    use ndarray::Array4;

    #[test]
    fn noise_has_mean_zero_and_the_deviation_asked_for() {
        let image = Volume::new(Array4::zeros((1, 64, 64, 64)), Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let noisy = GaussianNoise::default().apply_drawn(sample, &NoiseDraw { sigma: 0.1, seed: 7 });
        let found = statistics(noisy.image.as_slice());
        // Of 262 144 draws: five standard errors.
        assert!(found.mean.abs() < 5.0 * 0.1 / 512.0, "mean {}", found.mean);
        assert!((found.sd - 0.1).abs() < 5.0 * 0.1 / 724.0, "sd {}", found.sd);
    }
}
