//! Noise in proportion.

use anyhow::Result;
use mis_core::{Sample, SampleRng};
use serde::{Deserialize, Serialize};

use super::normal::with_normals;
use crate::NoiseDraw;
use crate::factor::check_range;
use crate::told::transform_by_draw;

/// Multiplies every voxel by noise of its own: `x·(1 + N(0, σ²))`, with one σ for the patch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MultiplicativeNoise {
    /// Lowest and highest standard deviation, as a share of the value.
    pub sigma: [f32; 2],
}

impl Default for MultiplicativeNoise {
    fn default() -> Self {
        Self { sigma: [0.0, 0.1] }
    }
}

impl MultiplicativeNoise {
    /// The noise of one patch.
    #[must_use]
    pub fn draw(&self, rng: &mut SampleRng) -> NoiseDraw {
        NoiseDraw::of(self.sigma, rng)
    }

    /// The sample with this noise.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, draw: &NoiseDraw) -> Sample {
        with_normals(sample.image.as_slice_mut(), draw.seed, |x, z| x * (1.0 + draw.sigma * z));
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("sigma", self.sigma)
    }
}

transform_by_draw!(MultiplicativeNoise, "multiplicative-noise", |this, _sample, rng| this.draw(rng));
