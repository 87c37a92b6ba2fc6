//! A step on some channels.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Preprocess, Sample, Volume};
use ndarray::{Axis, concatenate};
use serde::{Deserialize, Serialize};

use crate::Step;

/// Applies a step to some of the channels, such as a CT's normalization to the CT of a PET/CT.
///
/// The step may change grey values but not the lattice, which all channels share.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnChannels {
    /// The channels, from 0.
    pub channels: Vec<usize>,
    /// The step.
    pub step: Box<Step>,
}

impl OnChannels {
    /// Says what is wrong with the channels or the step, before any data is read.
    pub fn check(&self) -> Result<()> {
        let channels = &self.channels;
        ensure!(
            !channels.is_empty() && channels.is_sorted_by(|a, b| a < b),
            "channels must be named, each once and in their order, got {channels:?}"
        );
        self.step.check().context(self.step.name())
    }
}

impl Preprocess for OnChannels {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        self.check()?;
        let n_channels = sample.image.n_channels();
        if let Some(channel) = self.channels.iter().find(|&&channel| channel >= n_channels) {
            anyhow::bail!("expected channel {channel}, found an image of {n_channels} channels");
        }
        let lattice = sample.image.geometry();
        let chosen = Volume::new(sample.image.data().select(Axis(0), &self.channels), lattice.affine)?;
        let part = Sample { id: sample.id.clone(), image: chosen, labels: None };
        let part = self.step.apply(part).context(self.step.name())?.image;
        ensure!(
            part.geometry() == lattice && part.n_channels() == self.channels.len(),
            "{} changes the lattice or the number of channels, which all channels share",
            self.step.name()
        );
        let mut n_done = 0;
        let channels: Vec<_> = (0..n_channels)
            .map(|channel| {
                if self.channels.get(n_done) == Some(&channel) {
                    n_done += 1;
                    part.data().slice_move(ndarray::s![n_done - 1..n_done, .., .., ..])
                } else {
                    sample.image.data().slice_move(ndarray::s![channel..=channel, .., .., ..])
                }
            })
            .collect();
        let image = Volume::new(concatenate(Axis(0), &channels)?, lattice.affine)?;
        Ok(Sample { image, ..sample })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clip, Pad};
    use mis_core::Affine;
    use ndarray::Array4;

    fn sample() -> Sample {
        let data = Array4::from_shape_fn((3, 1, 2, 2), |(c, _, j, k)| (100 * c + 10 * j + k) as f32);
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        Sample { id: "a".into(), image, labels: None }
    }

    #[test]
    fn the_other_channels_stay() {
        let step = OnChannels { channels: vec![0, 2], step: Box::new(Clip { min: 5.0, max: 205.0 }.into()) };
        let found = step.apply(sample()).unwrap();
        let expected = [5.0, 5.0, 10.0, 11.0, 100.0, 101.0, 110.0, 111.0, 200.0, 201.0, 205.0, 205.0];
        assert_eq!(found.image.as_slice(), expected);
    }

    #[test]
    fn a_channel_that_is_not_there_and_a_step_that_moves_voxels_are_refused() {
        let error = |channels, step: Step| {
            format!("{:#}", OnChannels { channels, step: Box::new(step) }.apply(sample()).unwrap_err())
        };
        let clip = Step::from(Clip { min: 5.0, max: 205.0 });
        assert_eq!(error(vec![3], clip.clone()), "expected channel 3, found an image of 3 channels");
        assert_eq!(
            error(vec![1, 1], clip),
            "channels must be named, each once and in their order, got [1, 1]"
        );
        let found = error(vec![0], Pad::min_size([4, 4, 4]).into());
        assert!(found.starts_with("pad changes the lattice"), "{found}");
    }
}
