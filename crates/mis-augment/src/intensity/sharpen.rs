//! In sharper focus.

use anyhow::Result;
use mis_core::interpolation::gaussian;
use mis_core::{Sample, SampleRng};
use rand::Rng as _;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::factor::{check_probability, check_range, uniform};
use crate::told::transform_by_draw;

/// Sharpens channels by an unsharp mask: `x + a·(x − blurred)`, blurred by a Gaussian as
/// [`GaussianBlur`](crate::GaussianBlur) does. Values overshoot beside edges.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sharpen {
    /// Lowest and highest strength `a`.
    pub strength: [f32; 2],
    /// Lowest and highest standard deviation of the Gaussian, in voxels.
    pub sigma: [f32; 2],
    /// The probability that a channel is sharpened.
    pub channel_p: f32,
}

impl Default for Sharpen {
    fn default() -> Self {
        Self { strength: [0.1, 1.0], sigma: [0.5, 1.0], channel_p: 0.5 }
    }
}

/// How one channel is sharpened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharpenDraw {
    /// The strength.
    pub strength: f32,
    /// Standard deviation of the Gaussian along all axes, in voxels.
    pub sigma: f32,
}

impl Sharpen {
    /// For each channel how it is sharpened, or none where it stays.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<Option<SharpenDraw>> {
        (0..n_channels)
            .map(|_| {
                let sharpened = rng.random_bool(f64::from(self.channel_p));
                sharpened.then(|| SharpenDraw {
                    strength: uniform(self.strength, rng),
                    sigma: uniform(self.sigma, rng),
                })
            })
            .collect()
    }

    /// The sample under these draws, one for each channel.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, draws: &[Option<SharpenDraw>]) -> Sample {
        let shape = sample.image.shape();
        let n: usize = shape.iter().product();
        for (channel, draw) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(draws) {
            let Some(SharpenDraw { strength, sigma }) = *draw else { continue };
            let blurred = gaussian(channel, shape, [sigma; 3]);
            channel.par_iter_mut().zip(&blurred).with_min_len(1 << 16).for_each(|(x, blurred)| {
                *x += strength * (*x - blurred);
            });
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("strength", self.strength)?;
        check_range("sigma", self.sigma)?;
        check_probability("channel-p", self.channel_p)
    }
}

transform_by_draw!(Sharpen, "sharpen", |this, sample, rng| this.draw(sample.image.n_channels(), rng));
