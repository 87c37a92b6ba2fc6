//! Limiting grey values.

use anyhow::{Result, ensure};
use mis_core::{Preprocess, Sample};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Limits intensities to a window, such as [-79, 304] HU for the kidney.
///
/// Values below `min` become `min`, values above `max` become `max`, in all channels; labels stay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// The lowest value left.
    pub min: f32,
    /// The highest value left.
    pub max: f32,
}

impl Clip {
    /// Says what is wrong with the window, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(self.min < self.max, "min must be below max, got {} and {}", self.min, self.max);
        Ok(())
    }
}

impl Preprocess for Clip {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        self.check()?;
        sample.image.as_slice_mut().par_chunks_mut(1 << 16).for_each(|values| {
            for value in values {
                *value = value.clamp(self.min, self.max);
            }
        });
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    #[test]
    fn values_outside_the_window_become_its_borders() {
        let data = Array4::from_shape_vec((1, 1, 1, 4), vec![-1000.0, -79.0, 20.0, 3000.0]).unwrap();
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let clipped =
            Clip { min: -79.0, max: 304.0 }.apply(Sample { id: "a".into(), image, labels: None }).unwrap();
        assert_eq!(clipped.image.as_slice(), [-79.0, -79.0, 20.0, 304.0]);
    }

    #[test]
    fn an_empty_window_is_refused() {
        let error = Clip { min: 304.0, max: -79.0 }.check().unwrap_err();
        assert_eq!(error.to_string(), "min must be below max, got 304 and -79");
        assert!(Clip { min: f32::NAN, max: 1.0 }.check().is_err());
    }
}
