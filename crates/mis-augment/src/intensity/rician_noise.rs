//! The noise of MR magnitudes.

use anyhow::Result;
use mis_core::{Sample, SampleRng, statistics};
use serde::{Deserialize, Serialize};

use super::normal::with_normals;
use crate::NoiseDraw;
use crate::factor::check_range;
use crate::told::transform_by_draw;

/// The noise of an MR magnitude image (Gudbjartsson & Patz 1995): `√((x + n₁)² + n₂²)` with `n₁`, `n₂` from `N(0, σ²)`.
///
/// A magnitude is counted from the channel's smallest value, which stands for no signal: so it fits z-scores as well.
/// Where there is no signal the noise becomes a positive offset, `σ·√(π/2)` in the mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RicianNoise {
    /// Lowest and highest standard deviation, in grey values.
    pub sigma: [f32; 2],
}

impl Default for RicianNoise {
    fn default() -> Self {
        Self { sigma: [0.0, 0.1] }
    }
}

impl RicianNoise {
    /// The noise of one patch.
    #[must_use]
    pub fn draw(&self, rng: &mut SampleRng) -> NoiseDraw {
        NoiseDraw::of(self.sigma, rng)
    }

    /// The sample with this noise.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, draw: &NoiseDraw) -> Sample {
        let n: usize = sample.image.shape().iter().product();
        for (channel, values) in sample.image.as_slice_mut().chunks_exact_mut(n).enumerate() {
            let floor = statistics(values).min;
            let seed = draw.seed.wrapping_add(2 * channel as u64);
            with_normals(values, seed, |x, z| x - floor + draw.sigma * z);
            with_normals(values, seed.wrapping_add(1), |x, z| {
                let z = draw.sigma * z;
                (x * x + z * z).sqrt() + floor
            });
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("sigma", self.sigma)
    }
}

transform_by_draw!(RicianNoise, "rician-noise", |this, _sample, rng| this.draw(rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    #[test]
    fn where_there_is_no_signal_noise_is_a_positive_offset_and_beside_a_strong_one_it_is_normal() {
        let data = Array4::from_shape_fn((1, 2, 256, 256), |(_, i, ..)| [-3.0, 97.0][i]);
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let noisy = RicianNoise::default().apply_drawn(sample, &NoiseDraw { sigma: 1.0, seed: 7 });
        let (silent, strong) = noisy.image.as_slice().split_at(1 << 16);
        let [silent, strong] = [silent, strong].map(statistics);
        // Of 65 536 draws: five standard errors (Rayleigh: mean √(π/2), deviation √(2 − π/2)).
        let rayleigh = [(std::f64::consts::PI / 2.0).sqrt(), (2.0 - std::f64::consts::PI / 2.0).sqrt()];
        assert!((silent.mean + 3.0 - rayleigh[0]).abs() < 5.0 * rayleigh[1] / 256.0, "mean {}", silent.mean);
        assert!(silent.min >= -3.0);
        // √(A² + …) lifts a signal of A by σ²/2A.
        assert!((strong.mean - 97.0 - 0.005).abs() < 5.0 / 256.0, "mean {}", strong.mean);
        assert!((strong.sd - 1.0).abs() < 5.0 / 362.0, "sd {}", strong.sd);
    }
}
