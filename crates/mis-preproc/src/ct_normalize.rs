//! CT normalization by the statistics of a data set.

use anyhow::{Result, ensure};
use mis_core::{Preprocess, Sample};
use serde::{Deserialize, Serialize};

use crate::over::map_values;

/// nnU-Net's normalization of CT: clips to a window and scales by a mean and deviation, all four of the data set's
/// foreground voxels rather than of the scan, because HU mean the same in every scan.
///
/// `y = (clamp(x, min, max) − mean) / max(sd, 1e-8)`. The numbers come from a [`Fingerprint`](crate::Fingerprint):
/// `min` and `max` are its 0.5 and 99.5 percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CtNormalize {
    /// The lowest value left, in HU.
    pub min: f32,
    /// The highest value left, in HU.
    pub max: f32,
    /// The value that becomes 0, in HU.
    pub mean: f32,
    /// The distance from it that becomes 1, in HU.
    pub sd: f32,
}

impl CtNormalize {
    /// Says what is wrong with the numbers, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(self.min < self.max, "min must be below max, got {} and {}", self.min, self.max);
        ensure!(self.sd >= 0.0, "sd must not be negative, got {}", self.sd);
        ensure!(self.mean.is_finite(), "mean must be finite, got {}", self.mean);
        Ok(())
    }
}

impl Preprocess for CtNormalize {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        self.check()?;
        let Self { min, max, mean, sd } = *self;
        let factor = 1.0 / sd.max(1e-8);
        map_values(sample.image.as_slice_mut(), |x| (x.clamp(min, max) - mean) * factor);
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    #[test]
    fn values_are_clipped_and_scaled_by_the_given_numbers() {
        let data = Array4::from_shape_vec((1, 1, 1, 4), vec![-1000.0, 100.0, 200.0, 3000.0]).unwrap();
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let step = CtNormalize { min: -100.0, max: 300.0, mean: 100.0, sd: 50.0 };
        let found = step.apply(Sample { id: "a".into(), image, labels: None }).unwrap();
        assert_eq!(found.image.as_slice(), [-4.0, 0.0, 2.0, 4.0]);
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        let step = CtNormalize { min: 300.0, max: -100.0, mean: 100.0, sd: 50.0 };
        assert_eq!(step.check().unwrap_err().to_string(), "min must be below max, got 300 and -100");
        let step = CtNormalize { min: -100.0, max: 300.0, mean: 100.0, sd: -1.0 };
        assert_eq!(step.check().unwrap_err().to_string(), "sd must not be negative, got -1");
    }
}
