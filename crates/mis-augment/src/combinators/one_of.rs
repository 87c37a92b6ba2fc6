//! One transform out of several.

use anyhow::{Context as _, Result, ensure};
use mis_core::{PatchLocation, Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::Augmentation;
use crate::told::{Tell, Told, transform_by_tell};

/// Applies one of several transforms, each as likely as the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OneOf(pub Vec<Augmentation>);

impl OneOf {
    /// One of these transforms.
    pub fn new(transforms: impl IntoIterator<Item = Augmentation>) -> Self {
        Self(transforms.into_iter().collect())
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        ensure!(!self.0.is_empty(), "one-of must name at least one transform");
        self.0.iter().try_for_each(|transform| transform.check().context(transform.name()))
    }

    fn draw(&self, rng: &mut SampleRng) -> &Augmentation {
        &self.0[rng.random_range(0..self.0.len() as u64) as usize]
    }
}

impl Tell for OneOf {
    fn apply_told(&self, sample: Sample, rng: &mut SampleRng, told: &mut Told) -> Sample {
        self.draw(rng).apply_told(sample, rng, told)
    }

    fn apply_at_told(
        &self,
        scan: &Sample,
        at: &PatchLocation,
        rng: &mut SampleRng,
        told: &mut Told,
    ) -> Sample {
        self.draw(rng).apply_at_told(scan, at, rng, told)
    }
}

transform_by_tell!(OneOf);
