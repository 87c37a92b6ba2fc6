//! Noise.

use anyhow::Result;
use mis_core::{Sample, SampleRng, Transform, sample_rng};
use ndarray::{Array1, ArrayViewMut1};
use ndarray_rand::RandomExt as _;
use rand::Rng as _;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::factor::{check_range, uniform};

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

/// One draw of [`GaussianNoise`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseDraw {
    /// The standard deviation, in grey values.
    pub sigma: f32,
    /// What the noise itself is made from.
    pub seed: u64,
}

/// Values with one random stream: streams by place, not by thread, make the same noise on any number of threads.
const CHUNK: usize = 1 << 14;

impl GaussianNoise {
    /// The noise of one patch.
    #[must_use]
    pub fn draw(&self, rng: &mut SampleRng) -> NoiseDraw {
        NoiseDraw { sigma: uniform(self.sigma, rng), seed: rng.random() }
    }

    /// The sample with this noise.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, draw: NoiseDraw) -> Sample {
        sample.image.as_slice_mut().par_chunks_mut(CHUNK).enumerate().for_each(|(n, values)| {
            let mut rng = sample_rng(draw.seed, 0, n as u64);
            let noise: Array1<f32> = Array1::random_using(values.len(), StandardNormal, &mut rng);
            ArrayViewMut1::from(values).scaled_add(draw.sigma, &noise);
        });
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("sigma", self.sigma)
    }
}

impl Transform for GaussianNoise {
    fn apply(&self, sample: Sample, rng: &mut SampleRng) -> Sample {
        let draw = self.draw(rng);
        self.apply_drawn(sample, draw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume, statistics};
    use ndarray::Array4;

    #[test]
    fn noise_has_mean_zero_and_the_deviation_asked_for() {
        let image = Volume::new(Array4::zeros((1, 64, 64, 64)), Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let noisy = GaussianNoise::default().apply_drawn(sample, NoiseDraw { sigma: 0.1, seed: 7 });
        let found = statistics(noisy.image.as_slice());
        // Of 262 144 draws: five standard errors.
        assert!(found.mean.abs() < 5.0 * 0.1 / 512.0, "mean {}", found.mean);
        assert!((found.sd - 0.1).abs() < 5.0 * 0.1 / 724.0, "sd {}", found.sd);
    }
}
