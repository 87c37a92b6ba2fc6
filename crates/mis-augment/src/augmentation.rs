//! Any transform, by name.

use std::sync::Arc;

use anyhow::Result;
use mis_core::{PatchLocation, Sample, SampleRng, Transform};
use serde::{Deserialize, Serialize};

use crate::{
    Brightness, Contrast, Gamma, GaussianBlur, GaussianNoise, LowResolution, Mirror, OneOf, Sequence,
    Sometimes, Spatial,
};

/// A transform: one of this crate's, by name in an experiment file, or your own in Rust.
///
/// In a file it is a table with the transform's name as its key, or the bare name for nnU-Net's options:
/// `augment = [ "spatial", { sometimes = { p = 0.3, transform = "gamma" } }, "mirror" ]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Augmentation {
    /// Rotation and scaling.
    Spatial(Spatial),
    /// Mirroring.
    Mirror(Mirror),
    /// A factor on grey values.
    Brightness(Brightness),
    /// A factor on distances from the mean.
    Contrast(Contrast),
    /// An exponent.
    Gamma(Gamma),
    /// Additive noise.
    GaussianNoise(GaussianNoise),
    /// Blur.
    GaussianBlur(GaussianBlur),
    /// A coarser scan.
    LowResolution(LowResolution),
    /// One after the other.
    Sequence(Sequence),
    /// With a probability.
    Sometimes(Sometimes),
    /// One of several.
    OneOf(OneOf),
    /// A transform of your own; a file cannot name it.
    #[serde(skip)]
    Custom(Arc<dyn Transform>),
}

mis_core::named_choice!(Augmentation);

impl Augmentation {
    /// A transform of your own.
    pub fn custom(transform: impl Transform + 'static) -> Self {
        Self::Custom(Arc::new(transform))
    }

    /// The transform's name, as a file and errors have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Spatial(_) => "spatial",
            Self::Mirror(_) => "mirror",
            Self::Brightness(_) => "brightness",
            Self::Contrast(_) => "contrast",
            Self::Gamma(_) => "gamma",
            Self::GaussianNoise(_) => "gaussian-noise",
            Self::GaussianBlur(_) => "gaussian-blur",
            Self::LowResolution(_) => "low-resolution",
            Self::Sequence(_) => "sequence",
            Self::Sometimes(_) => "sometimes",
            Self::OneOf(_) => "one-of",
            Self::Custom(_) => "custom",
        }
    }

    /// Says what is wrong with the options, before any draw; a transform of your own is not looked into.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Spatial(transform) => transform.check(),
            Self::Brightness(transform) => transform.check(),
            Self::Contrast(transform) => transform.check(),
            Self::Gamma(transform) => transform.check(),
            Self::GaussianNoise(transform) => transform.check(),
            Self::GaussianBlur(transform) => transform.check(),
            Self::LowResolution(transform) => transform.check(),
            Self::Sequence(transforms) => transforms.check(),
            Self::Sometimes(transform) => transform.check(),
            Self::OneOf(transforms) => transforms.check(),
            Self::Mirror(_) | Self::Custom(_) => Ok(()),
        }
    }

    fn inner(&self) -> &dyn Transform {
        match self {
            Self::Spatial(transform) => transform,
            Self::Mirror(transform) => transform,
            Self::Brightness(transform) => transform,
            Self::Contrast(transform) => transform,
            Self::Gamma(transform) => transform,
            Self::GaussianNoise(transform) => transform,
            Self::GaussianBlur(transform) => transform,
            Self::LowResolution(transform) => transform,
            Self::Sequence(transforms) => transforms,
            Self::Sometimes(transform) => transform,
            Self::OneOf(transforms) => transforms,
            Self::Custom(transform) => transform.as_ref(),
        }
    }
}

impl Transform for Augmentation {
    fn apply(&self, sample: Sample, rng: &mut SampleRng) -> Sample {
        self.inner().apply(sample, rng)
    }

    fn apply_at(&self, scan: &Sample, at: &PatchLocation, rng: &mut SampleRng) -> Sample {
        self.inner().apply_at(scan, at, rng)
    }
}

macro_rules! from_transform {
    ($($transform:ident),*) => {$(
        impl From<$transform> for Augmentation {
            fn from(transform: $transform) -> Self {
                Self::$transform(transform)
            }
        }
    )*};
}
from_transform!(
    Spatial,
    Mirror,
    Brightness,
    Contrast,
    Gamma,
    GaussianNoise,
    GaussianBlur,
    LowResolution,
    Sequence,
    Sometimes,
    OneOf
);
