//! Grey values by their mean and standard deviation.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Preprocess, Sample, Statistics};
use serde::{Deserialize, Serialize};

use crate::over::{Channels, Kept, Over, map_values};

/// Shifts and scales grey values to mean 0 and standard deviation 1.
///
/// `z = (x − mean + smooth) / max(sd + smooth, 1e-8)` with the population's standard deviation, of each channel over the
/// whole image if not said; without `smooth` a constant channel becomes 0. A value that is not finite is an error. In
/// an experiment file a bare `"z-score"`, or such as `{ z-score = { over = "non-zero", outside = "zero" } }`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ZScore {
    /// The voxels that mean and deviation are formed of.
    pub over: Over,
    /// What becomes of the others.
    pub outside: Outside,
    /// Whether channels share mean and deviation.
    pub channels: Channels,
    /// Added to numerator and denominator; 0 if not said.
    pub smooth: f32,
}

/// What becomes of the voxels that a statistic is not formed of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// They are shifted and scaled like the others.
    #[default]
    Scale,
    /// They become 0, the mean of the others.
    Zero,
}

impl ZScore {
    /// MIScnn's formula: one mean and deviation for all channels, smoothed by 1e-6, so that a constant image becomes 1.
    #[must_use]
    pub fn miscnn() -> Self {
        Self { channels: Channels::Joint, smooth: 1e-6, ..Self::default() }
    }

    /// nnU-Net's for scans in an empty frame: over the voxels other than 0, the frame stays 0.
    #[must_use]
    pub fn non_zero() -> Self {
        Self { over: Over::NonZero, outside: Outside::Zero, ..Self::default() }
    }

    /// Says what is wrong with the options, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(self.smooth >= 0.0, "smooth must not be negative, got {}", self.smooth);
        Ok(())
    }
}

impl Preprocess for ZScore {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        self.check()?;
        for (name, values) in self.channels.parts(&mut sample.image) {
            let Statistics { mean, sd, .. } = self.over.statistics(values).context(name)?;
            let (mean, smooth) = (mean as f32, self.smooth);
            let factor = (1.0 / (sd + f64::from(smooth)).max(1e-8)) as f32;
            let kept = match self.outside {
                Outside::Scale => Kept::All,
                Outside::Zero => self.over.of(values),
            };
            map_values(values, |x| if kept.holds(x) { (x - mean + smooth) * factor } else { 0.0 });
        }
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    fn z_scores(step: ZScore, channels: &[&[f32]]) -> Result<Vec<f32>> {
        let data = Array4::from_shape_vec((channels.len(), 1, 1, channels[0].len()), channels.concat())?;
        let image = Volume::new(data, Affine::from_spacing([1.0; 3]))?;
        let sample = step.apply(Sample { id: "a".into(), image, labels: None })?;
        Ok(sample.image.as_slice().to_vec())
    }

    #[track_caller]
    fn check(step: ZScore, channels: &[&[f32]], expected: &[f32]) {
        let found = z_scores(step, channels).unwrap();
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "expected {expected}, found {found}"); // f32 rounding
        }
    }

    const A: f32 = 1.341_640_8; // 1.5 / √1.25

    #[test]
    fn each_channel_has_its_own_mean_and_population_deviation() {
        let channels: &[&[f32]] = &[&[1.0, 2.0, 3.0, 4.0], &[1e6, 1e6, 1e6 + 1.0, 1e6 + 1.0]];
        check(ZScore::default(), channels, &[-A, -A / 3.0, A / 3.0, A, -1.0, -1.0, 1.0, 1.0]);
    }

    #[test]
    fn miscnns_formula_gives_miscnns_numbers() {
        check(ZScore::miscnn(), &[&[1.0, 2.0, 3.0, 4.0]], &[-1.341_639, -0.447_212, 0.447_214, 1.341_64]);
        check(ZScore::miscnn(), &[&[7.0; 5]], &[1.0; 5]);
        let joint: &[&[f32]] = &[&[1.0, 2.0], &[3.0, 4.0]];
        check(ZScore::miscnn(), joint, &[-1.341_639, -0.447_212, 0.447_214, 1.341_64]);
    }

    #[test]
    fn an_empty_frame_counts_for_nothing_and_stays_empty() {
        let framed: &[&[f32]] = &[&[0.0, 1.0, 2.0, 0.0, 3.0, 4.0, 0.0]];
        check(ZScore::non_zero(), framed, &[0.0, -A, -A / 3.0, 0.0, A / 3.0, A, 0.0]);
        let scaled = ZScore { outside: Outside::Scale, ..ZScore::non_zero() };
        check(scaled, framed, &[-2.5 / 1.25_f32.sqrt(), -A, -A / 3.0]);
        check(ZScore { over: Over::Above(0.5), ..scaled }, framed, &[-2.5 / 1.25_f32.sqrt(), -A, -A / 3.0]);
        // Above the mean of 10/7 lie 2, 3 and 4.
        let deviation = (2.0_f32 / 3.0).sqrt();
        check(ZScore { over: Over::AboveMean, ..scaled }, framed, &[-3.0 / deviation, -2.0 / deviation]);
    }

    #[test]
    fn a_constant_channel_becomes_zero() {
        assert_eq!(z_scores(ZScore::default(), &[&[-1000.1; 37]]).unwrap(), [0.0; 37]);
    }

    #[test]
    fn what_has_no_mean_is_refused_by_channel() {
        let error = |step, channels: &[&[f32]]| format!("{:#}", z_scores(step, channels).unwrap_err());
        let found = error(ZScore::default(), &[&[0.0, 1.0], &[1.0, f32::NAN]]);
        assert!(found.starts_with("channel 1: grey values must be finite"), "{found}");
        let found = error(ZScore::non_zero(), &[&[0.0, 0.0]]);
        assert_eq!(found, "channel 0: expected voxels other than 0, found none in the image");
    }
}
