//! What one case adds to a fingerprint.

use anyhow::{Context as _, Result, ensure};
use mis_core::{IGNORE, Sample};

use super::ValueHistogram;
use crate::Crop;

/// Lattice and foreground values of one case.
pub(super) struct Case {
    pub(super) spacing: [f64; 3],
    pub(super) shape: [usize; 3],
    /// Shape of the box around the voxels other than 0.
    pub(super) shape_after_crop: [usize; 3],
    pub(super) channels: Vec<Values>,
}

/// The foreground values of one channel.
pub(super) struct Values {
    pub(super) n: u64,
    pub(super) mean: f64,
    /// Sum of the squared distances from the mean.
    pub(super) squares: f64,
    pub(super) min: f32,
    pub(super) max: f32,
    pub(super) histogram: ValueHistogram,
}

impl Case {
    pub(super) fn of(sample: &Sample) -> Result<Self> {
        let labels = sample.labels.as_ref().context("has no labels, whose foreground a fingerprint is of")?;
        let shape = sample.image.shape();
        let values = |(number, channel): (usize, &[f32])| {
            let foreground =
                channel.iter().zip(labels.as_slice()).filter(|(_, label)| !matches!(**label, 0 | IGNORE));
            Values::of(foreground.map(|(&value, _)| value)).with_context(|| format!("channel {number}"))
        };
        let channels = sample.image.as_slice().chunks_exact(shape.iter().product());
        Ok(Self {
            spacing: sample.image.affine().spacing(),
            shape,
            shape_after_crop: Crop::default().location(&sample.image).shape,
            channels: channels.enumerate().map(values).collect::<Result<_>>()?,
        })
    }
}

impl Values {
    pub(super) fn none() -> Self {
        let (min, max) = (f32::INFINITY, f32::NEG_INFINITY);
        Self { n: 0, mean: 0.0, squares: 0.0, min, max, histogram: ValueHistogram::new() }
    }

    fn of(values: impl Iterator<Item = f32> + Clone) -> Result<Self> {
        let mut found = Self::none();
        let mut sum = 0.0;
        for value in values.clone() {
            ensure!(value.is_finite(), "grey values must be finite, found {value}");
            found.histogram.add(value);
            found.n += 1;
            sum += f64::from(value);
            found.min = found.min.min(value);
            found.max = found.max.max(value);
        }
        if found.n > 0 {
            found.mean = sum / found.n as f64;
            found.squares = values.map(|value| (f64::from(value) - found.mean).powi(2)).sum();
        }
        Ok(found)
    }

    /// Adds another's values (Chan, Golub & LeVeque 1979).
    pub(super) fn merge(&mut self, other: &Self) {
        let n = self.n + other.n;
        if other.n > 0 {
            let (step, share) = (other.mean - self.mean, other.n as f64 / n as f64);
            self.squares += other.squares + step * step * self.n as f64 * share;
            self.mean += step * share;
        }
        self.n = n;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.histogram.merge(&other.histogram);
    }
}
