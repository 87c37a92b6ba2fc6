//! Brighter and darker.

use anyhow::Result;
use mis_core::{Sample, SampleRng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Factor;
use crate::told::transform_by_draw;

/// Multiplies each channel by a factor of its own: `x·f`.
///
/// By default nnU-Net's factor, 0.75 to 1.25. On z-scores it scales about the mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brightness {
    /// The factor of one channel.
    pub factor: Factor,
}

impl Default for Brightness {
    fn default() -> Self {
        Self { factor: Factor::AroundOne([0.75, 1.25]) }
    }
}

impl Brightness {
    /// One factor for each channel.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<f32> {
        (0..n_channels).map(|_| self.factor.draw(rng)).collect()
    }

    /// The sample under these factors, one for each channel.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, factors: &[f32]) -> Sample {
        let n: usize = sample.image.shape().iter().product();
        for (channel, &factor) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(factors) {
            channel.par_chunks_mut(1 << 16).for_each(|values| values.iter_mut().for_each(|x| *x *= factor));
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        self.factor.check("factor")
    }
}

transform_by_draw!(Brightness, "brightness", |this, sample, rng| this.draw(sample.image.n_channels(), rng));
