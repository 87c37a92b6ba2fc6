//! Limiting grey values to those that are not rare.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Preprocess, Sample};
use serde::{Deserialize, Serialize};

use crate::over::{Channels, Over, map_values};
use crate::percentiles::percentiles;

/// Limits grey values to two percentiles of the image, 0.5 and 99.5 if not said: a few bright voxels of an MR scan do
/// not set its scale.
///
/// Percentiles are exact, in proportion between two values as NumPy's, of each channel if not said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClipPercentiles {
    /// The percentile of the lowest value left, 0 to 100.
    pub low: f64,
    /// The percentile of the highest value left, 0 to 100.
    pub high: f64,
    /// The voxels that percentiles are formed of; all are limited.
    pub over: Over,
    /// Whether channels share their percentiles.
    pub channels: Channels,
}

impl Default for ClipPercentiles {
    fn default() -> Self {
        Self { low: 0.5, high: 99.5, over: Over::Image, channels: Channels::Each }
    }
}

impl ClipPercentiles {
    /// Says what is wrong with the percentiles, before any data is read.
    pub fn check(&self) -> Result<()> {
        let (low, high) = (self.low, self.high);
        ensure!(
            0.0 <= low && low < high && high <= 100.0,
            "low and high must rise within 0 to 100, got {low} and {high}"
        );
        Ok(())
    }
}

impl Preprocess for ClipPercentiles {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        self.check()?;
        for (name, values) in self.channels.parts(&mut sample.image) {
            let ends = || -> Result<Vec<f32>> {
                let mut chosen = self.over.chosen(values)?;
                ensure!(chosen.iter().all(|x| x.is_finite()), "grey values must be finite");
                Ok(percentiles(&mut chosen, &[self.low, self.high]))
            };
            let ends = ends().context(name)?;
            map_values(values, |x| x.clamp(ends[0], ends[1]));
        }
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    fn apply(step: ClipPercentiles, values: Vec<f32>) -> Result<Vec<f32>> {
        let data = Array4::from_shape_vec((1, 1, 1, values.len()), values)?;
        let image = Volume::new(data, Affine::from_spacing([1.0; 3]))?;
        Ok(step.apply(Sample { id: "a".into(), image, labels: None })?.image.as_slice().to_vec())
    }

    #[test]
    fn rare_values_become_the_percentiles() {
        let values: Vec<f32> = (0..=100).map(|n| n as f32).collect();
        let step = ClipPercentiles { low: 10.0, high: 90.0, ..ClipPercentiles::default() };
        let found = apply(step, values.clone()).unwrap();
        assert_eq!([found[0], found[10], found[50], found[100]], [10.0, 10.0, 50.0, 90.0]);
        let step = ClipPercentiles { low: 0.0, high: 50.0, over: Over::Above(79.0), ..step };
        assert_eq!(
            apply(step, values).unwrap()[0..100],
            [[80.0; 80].as_slice(), &(80..100).map(|n| n.min(90) as f32).collect::<Vec<_>>()].concat()
        );
    }

    #[test]
    fn percentiles_that_do_not_rise_are_refused() {
        let step = ClipPercentiles { low: 99.5, high: 0.5, ..ClipPercentiles::default() };
        let error = step.check().unwrap_err().to_string();
        assert_eq!(error, "low and high must rise within 0 to 100, got 99.5 and 0.5");
        let error = apply(ClipPercentiles::default(), vec![1.0, f32::NAN]).unwrap_err();
        assert_eq!(format!("{error:#}"), "channel 0: grey values must be finite");
    }
}
