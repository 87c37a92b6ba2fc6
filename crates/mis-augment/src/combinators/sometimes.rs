//! A transform of some draws.

use anyhow::{Context as _, Result};
use mis_core::{PatchLocation, Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::Augmentation;
use crate::factor::check_probability;
use crate::told::{Tell, Told, transform_by_tell};

/// Applies a transform with probability `p`; otherwise the patch stays as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sometimes {
    /// The probability.
    pub p: f32,
    /// The transform.
    pub transform: Box<Augmentation>,
}

impl Sometimes {
    /// This transform with probability `p`.
    pub fn new(p: f32, transform: impl Into<Augmentation>) -> Self {
        Self { p, transform: Box::new(transform.into()) }
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_probability("p", self.p)?;
        self.transform.check().context(self.transform.name())
    }
}

impl Tell for Sometimes {
    fn apply_told(&self, sample: Sample, rng: &mut SampleRng, told: &mut Told) -> Sample {
        if rng.random_bool(f64::from(self.p)) { self.transform.apply_told(sample, rng, told) } else { sample }
    }

    fn apply_at_told(
        &self,
        scan: &Sample,
        at: &PatchLocation,
        rng: &mut SampleRng,
        told: &mut Told,
    ) -> Sample {
        if rng.random_bool(f64::from(self.p)) {
            self.transform.apply_at_told(scan, at, rng, told)
        } else {
            scan.cut(at)
        }
    }
}

transform_by_tell!(Sometimes);
