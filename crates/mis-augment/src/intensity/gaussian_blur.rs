//! Out of focus.

use anyhow::Result;
use mis_core::interpolation::gaussian;
use mis_core::{Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::factor::{check_probability, check_range, uniform};
use crate::told::transform_by_draw;

/// Blurs channels by a Gaussian with a σ of its own along each axis, in voxels.
///
/// The border reflects (`d c b a | a b c d`), the kernel reaches 4 σ, as in SciPy. By default nnU-Net's: σ from 0.5 to
/// 1, each channel in half of the draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct GaussianBlur {
    /// Lowest and highest standard deviation, in voxels.
    pub sigma: [f32; 2],
    /// The probability that a channel is blurred.
    pub channel_p: f32,
}

impl Default for GaussianBlur {
    fn default() -> Self {
        Self { sigma: [0.5, 1.0], channel_p: 0.5 }
    }
}

impl GaussianBlur {
    /// For each channel σ along i, j and k, or none where it stays.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<Option<[f32; 3]>> {
        (0..n_channels)
            .map(|_| {
                let blurred = rng.random_bool(f64::from(self.channel_p));
                blurred.then(|| std::array::from_fn(|_| uniform(self.sigma, rng)))
            })
            .collect()
    }

    /// The sample blurred by these σ, for each channel along i, j and k.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, sigmas: &[Option<[f32; 3]>]) -> Sample {
        let shape = sample.image.shape();
        let n: usize = shape.iter().product();
        for (channel, sigma) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(sigmas) {
            if let Some(sigma) = sigma {
                let blurred = gaussian(channel, shape, *sigma);
                channel.copy_from_slice(&blurred);
            }
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("sigma", self.sigma)?;
        check_probability("channel-p", self.channel_p)
    }
}

transform_by_draw!(GaussianBlur, "gaussian-blur", |this, sample, rng| this
    .draw(sample.image.n_channels(), rng));
