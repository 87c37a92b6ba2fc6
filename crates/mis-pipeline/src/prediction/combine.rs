//! How several networks become one answer.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Result, bail};

/// How the probabilities of several networks become one, voxel by voxel and class by class.
///
/// With the mean the networks of a run are averaged first, as one voice: each run counts as much as any other. With the
/// others each network is a voice of its own.
#[derive(Clone, Debug, Default)]
pub enum Combine {
    /// Their mean.
    #[default]
    Mean,
    /// Their median; of an even number the mean of the two in the middle.
    Median,
    /// The share of networks that would give the voxel this class; of two classes with as many voices the lower one wins.
    Majority,
    /// A rule of your own.
    Custom(Arc<dyn Combiner>),
}

/// A rule of your own for [`Combine`].
pub trait Combiner: std::fmt::Debug + Send + Sync {
    /// One probability from those that each network gives one class at one voxel, in the order of runs and folds.
    fn combine(&self, probabilities: &[f32]) -> f32;
}

impl FromStr for Combine {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "mean" => Ok(Self::Mean),
            "median" => Ok(Self::Median),
            "majority" => Ok(Self::Majority),
            _ => bail!("expected mean, median or majority, got {name:?}"),
        }
    }
}

impl Combine {
    /// One value of a voxel from those of each network, whose order is lost. Of the majority they are voices, 0 or 1.
    pub(crate) fn voxel(&self, values: &mut [f32]) -> f32 {
        let n = values.len();
        match self {
            Self::Mean | Self::Majority => values.iter().sum::<f32>() / n as f32,
            Self::Median => {
                values.sort_by(f32::total_cmp);
                if n % 2 == 1 { values[n / 2] } else { (values[n / 2 - 1] + values[n / 2]) / 2.0 }
            }
            Self::Custom(rule) => rule.combine(values),
        }
    }
}
