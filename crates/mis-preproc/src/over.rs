//! Which voxels and channels a statistic is formed of.

use anyhow::{Result, ensure};
use mis_core::{Statistics, Volume, statistics};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The voxels that a statistic is formed of, told by their grey values alone, so that training and prediction see the
/// same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// All voxels.
    #[default]
    Image,
    /// Voxels whose value is not 0: brains without their skull, scans in an empty frame.
    NonZero,
    /// Voxels above the channel's mean: roughly the patient in an MR scan.
    AboveMean,
    /// Voxels above this value.
    Above(f32),
}

/// Whether channels share a statistic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// Each has its own: they are measured in units of their own, as the sequences of an MR examination.
    #[default]
    Each,
    /// All have one, as MIScnn's; a colour keeps its hue.
    Joint,
}

/// [`Over`] with its threshold found.
#[derive(Clone, Copy)]
pub(crate) enum Kept {
    All,
    NonZero,
    Above(f32),
}

impl Kept {
    #[inline]
    pub(crate) fn holds(self, value: f32) -> bool {
        match self {
            Self::All => true,
            Self::NonZero => value != 0.0,
            Self::Above(threshold) => value > threshold,
        }
    }
}

impl Over {
    pub(crate) fn of(self, values: &[f32]) -> Kept {
        match self {
            Self::Image => Kept::All,
            Self::NonZero => Kept::NonZero,
            Self::AboveMean => Kept::Above(statistics(values).mean as f32),
            Self::Above(threshold) => Kept::Above(threshold),
        }
    }

    /// A copy of the voxels' values, in their order; an error where there are none.
    pub(crate) fn chosen(self, values: &[f32]) -> Result<Vec<f32>> {
        let kept = self.of(values);
        let chosen: Vec<f32> = values.par_iter().copied().filter(|&value| kept.holds(value)).collect();
        ensure!(!chosen.is_empty(), "expected voxels {self}, found none in the image");
        Ok(chosen)
    }

    /// Mean, deviation and range of the voxels; an error where there are none or one is not finite.
    pub(crate) fn statistics(self, values: &[f32]) -> Result<Statistics> {
        let found = match self {
            Self::Image => statistics(values),
            _ => statistics(&self.chosen(values)?),
        };
        ensure!(
            found.mean.is_finite() && found.sd.is_finite(),
            "grey values must be finite, found mean {} and standard deviation {}",
            found.mean,
            found.sd
        );
        Ok(found)
    }
}

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Image => f.write_str("of any value"),
            Self::NonZero => f.write_str("other than 0"),
            Self::AboveMean => f.write_str("above the mean"),
            Self::Above(threshold) => write!(f, "above {threshold}"),
        }
    }
}

impl Channels {
    /// The parts of an image that share a statistic, with the name that errors call them by.
    pub(crate) fn parts(self, image: &mut Volume) -> impl Iterator<Item = (String, &mut [f32])> {
        let n: usize = match self {
            Self::Each => image.shape().iter().product(),
            Self::Joint => image.as_slice().len(),
        };
        let name = move |number| match self {
            Self::Each => format!("channel {number}"),
            Self::Joint => "all channels".to_owned(),
        };
        image.as_slice_mut().chunks_exact_mut(n).enumerate().map(move |(number, part)| (name(number), part))
    }
}

/// Changes each value by itself, in parallel.
pub(crate) fn map_values(values: &mut [f32], change: impl Fn(f32) -> f32 + Sync) {
    values.par_chunks_mut(1 << 16).for_each(|values| {
        for value in values {
            *value = change(*value);
        }
    });
}
