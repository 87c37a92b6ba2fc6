//! Transforms one after the other.

use anyhow::{Context as _, Result};
use mis_core::{PatchLocation, Sample, SampleRng};
use serde::{Deserialize, Serialize};

use crate::Augmentation;
use crate::told::{Tell, Told, transform_by_tell};

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

    /// The patch `at` of a scan after one draw, and what was drawn: a line for each transform that did something, such
    /// as `gamma: [0.83]`. It is the patch that [`apply_at`](mis_core::Transform::apply_at) gives.
    #[must_use]
    pub fn apply_at_telling(
        &self,
        scan: &Sample,
        at: &PatchLocation,
        rng: &mut SampleRng,
    ) -> (Sample, Vec<String>) {
        let mut told = Told::Lines(Vec::new());
        let patch = self.apply_at_told(scan, at, rng, &mut told);
        (patch, told.lines())
    }
}

impl Tell for Sequence {
    fn apply_told(&self, sample: Sample, rng: &mut SampleRng, told: &mut Told) -> Sample {
        self.0.iter().fold(sample, |sample, transform| transform.apply_told(sample, rng, told))
    }

    fn apply_at_told(
        &self,
        scan: &Sample,
        at: &PatchLocation,
        rng: &mut SampleRng,
        told: &mut Told,
    ) -> Sample {
        let Some((first, others)) = self.0.split_first() else { return scan.cut(at) };
        let patch = first.apply_at_told(scan, at, rng, told);
        others.iter().fold(patch, |patch, transform| transform.apply_told(patch, rng, told))
    }
}

transform_by_tell!(Sequence);
