//! From raw scan to network input, and exactly back.
//!
//! Each step is a plain struct that implements [`Preprocess`](mis_core::Preprocess) and is its own form in an experiment
//! file; a pipeline is a list of [`Step`]s. [`apply_all`] carries it out on a sample and notes the lattice before each
//! step; from these lattices alone [`invert_all`] brings a network's class probabilities back onto the scan.
//!
//! ```
//! use mis_core::{Affine, Sample, Volume, ndarray::Array4};
//! use mis_preproc::{Clip, Pad, Resample, Step, ZScore, apply_all, invert_all};
//!
//! let steps: [Step; 4] = [
//!     Resample::to([3.0, 1.6, 1.6]).into(),
//!     Clip { min: -79.0, max: 304.0 }.into(),
//!     ZScore::default().into(),
//!     Pad::divisible_by([8; 3]).into(),
//! ];
//! let image = Volume::new(Array4::zeros((1, 20, 32, 32)), Affine::from_spacing([3.0, 0.8, 0.8]))?;
//! let scan = Sample { id: "case_00000".into(), image, labels: None };
//!
//! let (input, lattices) = apply_all(&steps, scan)?;
//! assert_eq!(input.image.shape(), [24, 16, 16]);
//! let probabilities = input.image; // what a network makes of it: a channel for each class
//! assert_eq!(invert_all(&steps, probabilities, &lattices)?.geometry(), lattices[0]);
//! # Ok::<(), anyhow::Error>(())
//! ```

mod over;

mod crop;
mod pad;
mod padding;
mod reorient;
mod resample;
mod resize;
mod sizing;
mod undo;

mod clip;
mod clip_percentiles;
mod ct_normalize;
mod histogram_standardize;
mod hounsfield_window;
mod min_max;
mod on_channels;
mod percentiles;
mod z_score;

mod chain;
mod growing_labels;
mod slabs;
mod step;

mod fingerprint;
mod plan;

pub use over::{Channels, Over};

pub use crop::Crop;
pub use pad::Pad;
pub use padding::Padding;
pub use reorient::Reorient;
pub use resample::{Resample, Rounding};
pub use resize::Resize;
pub use sizing::{AntiAlias, Overshoot};

pub use clip::Clip;
pub use clip_percentiles::ClipPercentiles;
pub use ct_normalize::CtNormalize;
pub use histogram_standardize::HistogramStandardize;
pub use hounsfield_window::HounsfieldWindow;
pub use min_max::{Grayscale, MinMax};
pub use on_channels::OnChannels;
pub use z_score::{Outside, ZScore};

pub use chain::{apply_all, check_all, invert_all};
pub use growing_labels::{GrowingLabels, label_map};
pub use slabs::{Beyond, ScanSlabs};
pub use step::Step;

pub use fingerprint::{CaseLattice, Fingerprint, ForegroundValues};
pub use plan::{ChannelKind, Plan, PlanBudget, PlannedStage, Reasons};

// What the steps' fields are made of.
pub use mis_core::Orientation;
pub use mis_core::interpolation::{LabelOrder, Order};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
