//! Any transform, by name.

use std::sync::Arc;

use anyhow::Result;
use mis_core::{PatchLocation, Sample, SampleRng, Transform};
use serde::{Deserialize, Serialize};

use crate::told::{Tell, Told, transform_by_tell};
use crate::{
    BiasField, Brightness, BrightnessShift, ChannelDropout, Contrast, CutOut, Gamma, GaussianBlur,
    GaussianNoise, Ghosting, HistogramShift, LowResolution, Mirror, Motion, MultiplicativeNoise, OneOf,
    PerChannel, RicianNoise, Rot90, Sequence, Sharpen, Sometimes, Spatial, Transpose,
};

/// A transform: one of this crate's, by name in an experiment file, or your own in Rust.
///
/// In a file it is a table with the transform's name as its key, or the bare name for its default options:
/// `augment = [ "spatial", { sometimes = { p = 0.3, transform = "gamma" } }, "mirror" ]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Augmentation {
    /// Rotation, scaling, shear, elastic deformation and shift.
    Spatial(Spatial),
    /// Mirroring.
    Mirror(Mirror),
    /// Quarter-turns.
    Rot90(Rot90),
    /// Axes exchanged.
    Transpose(Transpose),
    /// A factor on grey values.
    Brightness(Brightness),
    /// An amount added to grey values.
    BrightnessShift(BrightnessShift),
    /// A factor on distances from the mean.
    Contrast(Contrast),
    /// An exponent.
    Gamma(Gamma),
    /// A bent grey scale.
    HistogramShift(HistogramShift),
    /// Additive noise.
    GaussianNoise(GaussianNoise),
    /// The noise of MR magnitudes.
    RicianNoise(RicianNoise),
    /// Noise in proportion to the value.
    MultiplicativeNoise(MultiplicativeNoise),
    /// Blur.
    GaussianBlur(GaussianBlur),
    /// An unsharp mask.
    Sharpen(Sharpen),
    /// A coarser scan.
    LowResolution(LowResolution),
    /// An uneven coil.
    BiasField(BiasField),
    /// Ghosts of periodic motion.
    Ghosting(Ghosting),
    /// Sudden movements.
    Motion(Motion),
    /// Hidden boxes.
    CutOut(CutOut),
    /// Missing channels.
    ChannelDropout(ChannelDropout),
    /// One after the other.
    Sequence(Sequence),
    /// With a probability.
    Sometimes(Sometimes),
    /// One of several.
    OneOf(OneOf),
    /// For each channel by itself.
    PerChannel(PerChannel),
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

    /// Whether voxels may change their places; of a transform of your own nothing is known, and it counts as one that
    /// does not.
    #[must_use]
    pub fn moves_voxels(&self) -> bool {
        match self {
            Self::Spatial(_) | Self::Mirror(_) | Self::Rot90(_) | Self::Transpose(_) => true,
            Self::Sequence(Sequence(transforms)) | Self::OneOf(OneOf(transforms)) => {
                transforms.iter().any(Self::moves_voxels)
            }
            Self::Sometimes(Sometimes { transform, .. }) => transform.moves_voxels(),
            _ => false,
        }
    }
}

impl Tell for Augmentation {
    fn apply_told(&self, sample: Sample, rng: &mut SampleRng, told: &mut Told) -> Sample {
        match self.inner() {
            Ok(transform) => transform.apply_told(sample, rng, told),
            Err(custom) => {
                told.add("custom", &custom);
                custom.apply(sample, rng)
            }
        }
    }

    fn apply_at_told(
        &self,
        scan: &Sample,
        at: &PatchLocation,
        rng: &mut SampleRng,
        told: &mut Told,
    ) -> Sample {
        match self.inner() {
            Ok(transform) => transform.apply_at_told(scan, at, rng, told),
            Err(custom) => {
                told.add("custom", &custom);
                custom.apply_at(scan, at, rng)
            }
        }
    }
}

transform_by_tell!(Augmentation);

/// What holds for every transform of the crate: its name, its check and its way into an [`Augmentation`].
macro_rules! transforms {
    ($($transform:ident = $name:literal),* $(,)?) => {
        impl Augmentation {
            /// The transform's name, as a file and errors have it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$transform(_) => $name,)*
                    Self::Custom(_) => "custom",
                }
            }

            /// Says what is wrong with the options, before any draw; a transform of your own is not looked into.
            pub fn check(&self) -> Result<()> {
                match self {
                    $(Self::$transform(transform) => transform.check(),)*
                    Self::Custom(_) => Ok(()),
                }
            }

            /// One of this crate, or one of your own.
            fn inner(&self) -> Result<&dyn Tell, &dyn Transform> {
                match self {
                    $(Self::$transform(transform) => Ok(transform),)*
                    Self::Custom(transform) => Err(transform.as_ref()),
                }
            }
        }

        $(impl From<$transform> for Augmentation {
            fn from(transform: $transform) -> Self {
                Self::$transform(transform)
            }
        })*
    };
}
transforms!(
    Spatial = "spatial",
    Mirror = "mirror",
    Rot90 = "rot90",
    Transpose = "transpose",
    Brightness = "brightness",
    BrightnessShift = "brightness-shift",
    Contrast = "contrast",
    Gamma = "gamma",
    HistogramShift = "histogram-shift",
    GaussianNoise = "gaussian-noise",
    RicianNoise = "rician-noise",
    MultiplicativeNoise = "multiplicative-noise",
    GaussianBlur = "gaussian-blur",
    Sharpen = "sharpen",
    LowResolution = "low-resolution",
    BiasField = "bias-field",
    Ghosting = "ghosting",
    Motion = "motion",
    CutOut = "cut-out",
    ChannelDropout = "channel-dropout",
    Sequence = "sequence",
    Sometimes = "sometimes",
    OneOf = "one-of",
    PerChannel = "per-channel",
);
