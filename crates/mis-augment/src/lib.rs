//! Spatial and intensity augmentation of images together with their labels.
//!
//! Each transform is a plain struct that implements [`Transform`](mis_core::Transform) and is its own form in an
//! experiment file; [`Sequence`], [`Sometimes`] and [`OneOf`] put them together. [`standard`] is nnU-Net's chain,
//! [`miscnn`] MIScnn's. All randomness comes from the [`SampleRng`](mis_core::SampleRng) that is passed in: one seed,
//! epoch and index give one patch, on any number of threads.
//!
//! ```
//! use mis_augment::{Gamma, Mirror, Sequence, Sometimes, Spatial, standard};
//! use mis_core::{Affine, PatchLocation, Sample, Transform as _, Volume, ndarray::Array4, sample_rng};
//!
//! let image = Volume::new(Array4::ones((1, 40, 64, 64)), Affine::from_spacing([3.0, 0.8, 0.8]))?;
//! let scan = Sample { id: "case_00000".into(), image, labels: None };
//! let at = PatchLocation { start: [4, 16, 16], shape: [32, 32, 32] };
//!
//! // A rotated patch is read from the scan: what lies in its corners is what lies there in the patient.
//! let patch = standard().apply_at(&scan, &at, &mut sample_rng(42, 0, 0));
//! assert_eq!(patch.image.shape(), [32, 32, 32]);
//!
//! let own = Sequence::new([
//!     Spatial::default().into(),
//!     Sometimes::new(0.3, Gamma::default()).into(),
//!     Mirror::default().into(),
//! ]);
//! own.apply_at(&scan, &at, &mut sample_rng(42, 0, 1));
//! # Ok::<(), anyhow::Error>(())
//! ```

mod augment;
mod augmentation;
mod cycles;
mod miscnn;
mod standard;

mod combinators;
mod intensity;
mod place;

mod factor;
mod told;

pub use augment::Augment;
pub use augmentation::Augmentation;
pub use cycles::Cycles;
pub use miscnn::miscnn;
pub use standard::standard;

pub use combinators::{OneOf, PerChannel, Sequence, Sometimes};
pub use intensity::{
    BiasField, Brightness, BrightnessShift, ChannelDropout, Contrast, CutOut, Gamma, GaussianBlur,
    GaussianNoise, Ghosting, GhostingDraw, HistogramShift, LowResolution, Motion, MotionDraw, Movement,
    MultiplicativeNoise, NoiseDraw, RicianNoise, Sharpen, SharpenDraw,
};
pub use place::{
    Elastic, ElasticDraw, Mirror, Outside, Rot90, Rotation, ScaleAxes, Slicewise, Spatial, SpatialDraw,
    Strength, Transpose, mirror,
};

pub use factor::Factor;

// What the transforms' fields are made of.
pub use mis_core::interpolation::{Fill, LabelOrder, Order};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
