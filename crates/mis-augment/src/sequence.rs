//! Transforms one after the other.

use anyhow::{Context as _, Result};
use mis_core::{PatchLocation, Sample, SampleRng, Transform};
use serde::{Deserialize, Serialize};

use crate::Augmentation;

/// Applies transforms in their order.
///
/// The first one sees the scan around the patch, the others the patch alone: put [`Spatial`](crate::Spatial) first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub Vec<Augmentation>);

impl Sequence {
    /// These transforms in their order.
    pub fn new(transforms: impl IntoIterator<Item = Augmentation>) -> Self {
        Self(transforms.into_iter().collect())
    }

    /// Says what is wrong with the options of the first transform whose are: `gamma: exponent must be positive, got 0`.
    pub fn check(&self) -> Result<()> {
        self.0.iter().try_for_each(|transform| transform.check().context(transform.name()))
    }
}

impl Transform for Sequence {
    fn apply(&self, sample: Sample, rng: &mut SampleRng) -> Sample {
        self.0.iter().fold(sample, |sample, transform| transform.apply(sample, rng))
    }

    fn apply_at(&self, scan: &Sample, at: &PatchLocation, rng: &mut SampleRng) -> Sample {
        let Some((first, others)) = self.0.split_first() else { return scan.cut(at) };
        let patch = first.apply_at(scan, at, rng);
        others.iter().fold(patch, |patch, transform| transform.apply(patch, rng))
    }
}
