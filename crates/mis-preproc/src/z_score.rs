//! Grey values by their mean and standard deviation.

use anyhow::{Result, ensure};
use mis_core::{Preprocess, Sample, Statistics, statistics};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Shifts and scales each channel to mean 0 and standard deviation 1 over the whole image.
///
/// `z = (x − mean) / max(sd, 1e-8)` with the population's standard deviation; a constant channel becomes 0. A value
/// that is not finite is an error. Made by `ZScore::default()`; in an experiment file a bare `"z-score"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ZScore {}

impl Preprocess for ZScore {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        let n: usize = sample.image.shape().iter().product();
        for (n_channel, channel) in sample.image.as_slice_mut().chunks_exact_mut(n).enumerate() {
            let Statistics { mean, sd, .. } = statistics(channel);
            ensure!(
                mean.is_finite() && sd.is_finite(),
                "grey values must be finite, channel {n_channel} has mean {mean} and standard deviation {sd}"
            );
            let (mean, factor) = (mean as f32, (1.0 / sd.max(1e-8)) as f32);
            channel.par_chunks_mut(1 << 16).for_each(|values| {
                for value in values {
                    *value = (*value - mean) * factor;
                }
            });
        }
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    fn z_scores(channels: &[&[f32]]) -> Result<Vec<f32>> {
        let data = Array4::from_shape_vec((channels.len(), 1, 1, channels[0].len()), channels.concat())?;
        let image = Volume::new(data, Affine::from_spacing([1.0; 3]))?;
        let sample = ZScore::default().apply(Sample { id: "a".into(), image, labels: None })?;
        Ok(sample.image.as_slice().to_vec())
    }

    #[test]
    fn each_channel_has_its_own_mean_and_population_deviation() {
        let found = z_scores(&[&[1.0, 2.0, 3.0, 4.0], &[1e6, 1e6, 1e6 + 1.0, 1e6 + 1.0]]).unwrap();
        let a = 1.5 / 1.25_f32.sqrt();
        let expected = [-a, -a / 3.0, a / 3.0, a, -1.0, -1.0, 1.0, 1.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "expected {expected}, found {found}"); // f32 rounding
        }
    }

    #[test]
    fn a_constant_channel_becomes_zero() {
        assert_eq!(z_scores(&[&[-1000.1; 37]]).unwrap(), [0.0; 37]);
    }

    #[test]
    fn a_value_that_is_no_number_is_refused() {
        let error = z_scores(&[&[0.0, 1.0], &[1.0, f32::NAN]]).unwrap_err().to_string();
        assert!(error.starts_with("grey values must be finite, channel 1"), "{error}");
    }
}
