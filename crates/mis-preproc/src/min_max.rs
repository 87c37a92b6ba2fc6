//! Grey values by their smallest and largest.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Preprocess, Sample, Statistics};
use serde::{Deserialize, Serialize};

use crate::over::{Channels, Over, map_values};

/// Shifts and scales grey values so that the smallest and the largest become the ends of a range, [0, 1] if not said.
///
/// `y = low + (high − low)·(x − min + smooth) / (max − min + smooth)`, of each channel if not said. Without `smooth` a
/// constant channel becomes `low`. A value that is not finite is an error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinMax {
    /// What the smallest and the largest value become.
    pub to: [f32; 2],
    /// Whether channels share their range.
    pub channels: Channels,
    /// Added to numerator and denominator; 0 if not said.
    pub smooth: f32,
}

impl Default for MinMax {
    fn default() -> Self {
        Self { to: [0.0, 1.0], channels: Channels::Each, smooth: 0.0 }
    }
}

impl MinMax {
    /// To this range, channel by channel.
    #[must_use]
    pub fn to(low: f32, high: f32) -> Self {
        Self { to: [low, high], ..Self::default() }
    }

    /// MIScnn's formula: one range for all channels, smoothed by 1e-6, so that a constant image becomes 1.
    #[must_use]
    pub fn miscnn() -> Self {
        Self { channels: Channels::Joint, smooth: 1e-6, ..Self::default() }
    }

    /// Says what is wrong with the options, before any data is read.
    pub fn check(&self) -> Result<()> {
        let [low, high] = self.to;
        ensure!(low < high, "to must rise, got [{low}, {high}]");
        ensure!(self.smooth >= 0.0, "smooth must not be negative, got {}", self.smooth);
        Ok(())
    }
}

impl Preprocess for MinMax {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        self.check()?;
        let ([low, high], smooth) = (self.to, self.smooth);
        for (name, values) in self.channels.parts(&mut sample.image) {
            let Statistics { min, max, .. } = Over::Image.statistics(values).context(name)?;
            let range = max - min + smooth;
            let factor = if range > 0.0 { 1.0 / range } else { 0.0 };
            map_values(values, |x| low + (high - low) * ((x - min + smooth) * factor));
        }
        Ok(sample)
    }
}

/// Grey values as the 256 of an 8-bit picture: `round(255·(x − min + 1e-6) / (max − min + 1e-6))` over all channels,
/// half to even, as MIScnn's `grayscale`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grayscale {}

impl Preprocess for Grayscale {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        let mut sample = MinMax::miscnn().apply(sample)?;
        map_values(sample.image.as_slice_mut(), |x| (255.0 * x).round_ties_even());
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    fn apply(step: &dyn Preprocess, values: &[f32]) -> Vec<f32> {
        let data = Array4::from_shape_vec((1, 1, 1, values.len()), values.to_vec()).unwrap();
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        step.apply(Sample { id: "a".into(), image, labels: None }).unwrap().image.as_slice().to_vec()
    }

    #[track_caller]
    fn check(step: &dyn Preprocess, values: &[f32], expected: &[f32]) {
        for (found, expected) in apply(step, values).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "expected {expected}, found {found}"); // f32 rounding
        }
    }

    #[test]
    fn the_ends_of_the_range_are_reached() {
        check(&MinMax::default(), &[-1.0, 0.0, 3.0], &[0.0, 0.25, 1.0]);
        check(&MinMax::to(-1.0, 1.0), &[-1.0, 0.0, 3.0], &[-1.0, -0.5, 1.0]);
        check(&MinMax::to(-1.0, 1.0), &[5.0; 3], &[-1.0; 3]);
    }

    #[test]
    fn miscnns_formulas_give_miscnns_numbers() {
        check(&MinMax::miscnn(), &[1.0, 2.0, 3.0, 4.0], &[3.33e-7, 0.333_334, 0.666_667, 1.0]);
        check(&MinMax::miscnn(), &[7.0; 3], &[1.0; 3]);
        assert_eq!(apply(&Grayscale {}, &[1.0, 2.0, 3.0, 4.0]), [0.0, 85.0, 170.0, 255.0]);
    }

    #[test]
    fn a_falling_range_is_refused() {
        assert_eq!(MinMax::to(1.0, 0.0).check().unwrap_err().to_string(), "to must rise, got [1, 0]");
    }
}
