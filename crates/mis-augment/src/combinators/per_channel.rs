//! Channels one by one.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Sample, SampleRng, Volume};
use ndarray::{Array4, Axis, concatenate};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::Augmentation;
use crate::factor::check_probability;
use crate::told::{Tell, Told, transform_by_tell};

/// Applies a transform of grey values to each channel by itself, with probability `p` and a draw of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerChannel {
    /// The probability of each channel; 1 by default.
    #[serde(default = "always")]
    pub p: f32,
    /// The transform, which must not move voxels.
    pub transform: Box<Augmentation>,
}

fn always() -> f32 {
    1.0
}

impl PerChannel {
    /// This transform for each channel with probability `p`.
    pub fn new(p: f32, transform: impl Into<Augmentation>) -> Self {
        Self { p, transform: Box::new(transform.into()) }
    }

    /// Says what is wrong with the options. A transform that moves voxels would move those of one channel, and leave
    /// the labels behind.
    pub fn check(&self) -> Result<()> {
        check_probability("p", self.p)?;
        self.transform.check().context(self.transform.name())?;
        ensure!(
            !self.transform.moves_voxels(),
            "expected a transform of grey values alone, found one that moves voxels: {}",
            self.transform.name()
        );
        Ok(())
    }
}

impl Tell for PerChannel {
    fn apply_told(&self, sample: Sample, rng: &mut SampleRng, told: &mut Told) -> Sample {
        let Sample { id, image, labels } = sample;
        let affine = image.affine();
        let channels: Vec<Array4<f32>> = image
            .into_data()
            .axis_chunks_iter(Axis(0), 1)
            .map(|channel| {
                if !rng.random_bool(f64::from(self.p)) {
                    return channel.to_owned();
                }
                let image = Volume::new(channel.to_owned(), affine).expect("a channel holds voxels");
                let alone = Sample { id: id.clone(), image, labels: None };
                self.transform.apply_told(alone, rng, told).image.into_data()
            })
            .collect();
        let channels: Vec<_> = channels.iter().map(|channel| channel.view()).collect();
        let image = concatenate(Axis(0), &channels).expect("channels keep their shape");
        Sample { id, image: Volume::new(image, affine).expect("as many voxels as before"), labels }
    }
}

transform_by_tell!(PerChannel);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Brightness, Factor, Mirror, Sometimes};
    use mis_core::{Affine, Transform as _, sample_rng};

    #[test]
    fn each_channel_has_its_own_chance_and_draw() {
        let image = Volume::new(Array4::ones((3, 1, 1, 2)), Affine::from_spacing([1.0; 3])).unwrap();
        let before = Sample { id: "a".into(), image, labels: None };
        let half = PerChannel::new(0.5, Brightness { factor: Factor::Uniform([2.0, 3.0]) });
        let mut changed = [0_u32; 3];
        for index in 0..10_000 {
            let after = half.apply(before.clone(), &mut sample_rng(3, 0, index));
            let values = after.image.as_slice();
            for channel in 0..3 {
                assert_eq!(values[2 * channel], values[2 * channel + 1]);
                changed[channel] += u32::from(values[2 * channel] != 1.0);
            }
            assert!(values[0] == 1.0 || values[0] != values[2], "two channels have the draw {}", values[0]);
        }
        // Binomial(10 000, ½): 250 is five standard deviations.
        assert!(changed.iter().all(|n| n.abs_diff(5000) < 250), "{changed:?}");
    }

    #[test]
    fn transforms_that_move_voxels_are_refused() {
        let moving = PerChannel::new(1.0, Sometimes::new(0.5, Mirror::default()));
        assert_eq!(
            moving.check().unwrap_err().to_string(),
            "expected a transform of grey values alone, found one that moves voxels: sometimes"
        );
    }
}
