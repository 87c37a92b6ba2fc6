//! Brighter and darker by an amount.

use anyhow::{Result, ensure};
use mis_core::{Sample, SampleRng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::factor::uniform;
use crate::told::transform_by_draw;

/// Adds an amount of its own to each channel: `x + b`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrightnessShift {
    /// Lowest and highest amount, in grey values; ±0.1 by default, made for z-scores.
    pub amount: [f32; 2],
}

impl Default for BrightnessShift {
    fn default() -> Self {
        Self { amount: [-0.1, 0.1] }
    }
}

impl BrightnessShift {
    /// One amount for each channel.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<f32> {
        (0..n_channels).map(|_| uniform(self.amount, rng)).collect()
    }

    /// The sample with these amounts added, one to each channel.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, amounts: &[f32]) -> Sample {
        let n: usize = sample.image.shape().iter().product();
        for (channel, &amount) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(amounts) {
            channel.par_chunks_mut(1 << 16).for_each(|values| values.iter_mut().for_each(|x| *x += amount));
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        let [lowest, highest] = self.amount;
        ensure!(
            lowest <= highest && lowest.is_finite() && highest.is_finite(),
            "amount must go from a lower to a higher number, got {:?}",
            self.amount
        );
        Ok(())
    }
}

transform_by_draw!(BrightnessShift, "brightness-shift", |this, sample, rng| this
    .draw(sample.image.n_channels(), rng));
