//! More and less contrast.

use anyhow::Result;
use mis_core::{Sample, SampleRng, statistics};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Factor;
use crate::told::transform_by_draw;

/// Spreads each channel about its mean by a factor of its own: `(x − mean)·f + mean`.
///
/// By default nnU-Net's factor, 0.75 to 1.25, within the channel's range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contrast {
    /// The factor of one channel.
    pub factor: Factor,
    /// Whether values are limited to the channel's range before.
    pub preserve_range: bool,
}

impl Default for Contrast {
    fn default() -> Self {
        Self { factor: Factor::AroundOne([0.75, 1.25]), preserve_range: true }
    }
}

impl Contrast {
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
            let before = statistics(channel);
            let mean = before.mean as f32;
            let [min, max] = if self.preserve_range {
                [before.min, before.max]
            } else {
                [f32::NEG_INFINITY, f32::INFINITY]
            };
            channel.par_chunks_mut(1 << 16).for_each(|values| {
                for x in values {
                    *x = ((*x - mean) * factor + mean).max(min).min(max);
                }
            });
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        self.factor.check("factor")
    }
}

transform_by_draw!(Contrast, "contrast", |this, sample, rng| this.draw(sample.image.n_channels(), rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    #[track_caller]
    fn check(preserve_range: bool, expected: [f32; 8]) {
        let values = vec![-1.0, 0.0, 1.0, 4.0, 10.0, 10.0, 20.0, 20.0];
        let data = Array4::from_shape_vec((2, 1, 1, 4), values).unwrap();
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let contrast = Contrast { preserve_range, ..Contrast::default() };
        let found = contrast.apply_drawn(Sample { id: "a".into(), image, labels: None }, &[2.0, 0.5]);
        assert_eq!(found.image.as_slice(), expected);
    }

    #[test]
    fn channels_spread_about_their_own_means_within_their_ranges() {
        check(false, [-3.0, -1.0, 1.0, 7.0, 12.5, 12.5, 17.5, 17.5]);
        check(true, [-1.0, -1.0, 1.0, 4.0, 12.5, 12.5, 17.5, 17.5]);
    }
}
