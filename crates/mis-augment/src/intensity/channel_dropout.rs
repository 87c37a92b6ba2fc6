//! Channels missing.

use anyhow::Result;
use mis_core::interpolation::Fill;
use mis_core::{Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::factor::check_probability;
use crate::told::transform_by_draw;

/// Blanks channels, as where one of several MR sequences was not taken. One channel always stays, and so does the one of
/// a scan that has no others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChannelDropout {
    /// The probability that a channel is blanked.
    pub channel_p: f32,
    /// What is seen instead; 0, the mean of z-scores, by default.
    pub fill: Fill,
}

impl Default for ChannelDropout {
    fn default() -> Self {
        Self { channel_p: 0.2, fill: Fill::Value(0.0) }
    }
}

impl ChannelDropout {
    /// Which channels are blanked.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<bool> {
        let mut blanked: Vec<_> =
            (0..n_channels).map(|_| rng.random_bool(f64::from(self.channel_p))).collect();
        if blanked.iter().all(|&blanked| blanked) {
            blanked[rng.random_range(0..n_channels as u64) as usize] = false;
        }
        blanked
    }

    /// The sample with these channels blanked.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, blanked: &[bool]) -> Sample {
        let n: usize = sample.image.shape().iter().product();
        for (channel, &blanked) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(blanked) {
            if blanked {
                channel.fill(self.fill.of(channel));
            }
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_probability("channel-p", self.channel_p)
    }
}

transform_by_draw!(ChannelDropout, "channel-dropout", |this, sample, rng| this
    .draw(sample.image.n_channels(), rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::sample_rng;

    #[test]
    fn one_channel_always_stays() {
        let mut rng = sample_rng(1, 0, 0);
        let often = ChannelDropout { channel_p: 0.9, ..ChannelDropout::default() };
        for n_channels in [1, 2, 4] {
            let draws: Vec<_> = (0..1000).map(|_| often.draw(n_channels, &mut rng)).collect();
            assert!(draws.iter().all(|draw| draw.contains(&false)));
            assert_eq!(draws.iter().any(|draw| draw.contains(&true)), n_channels > 1);
        }
    }
}
