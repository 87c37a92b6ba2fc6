//! The ground floor of `mis`: what a scan, a label map and a lattice are, and the interfaces that every other crate
//! of the framework implements or calls.
//!
//! A [`Volume`] holds grey values as `(channel, i, j, k)`, a [`LabelMap`] one class index per voxel; both carry the
//! [`Affine`] that places voxel indices in the patient's RAS+ millimetres. A [`Sample`] is a scan with its expert
//! labels. A 2-D image is a volume with `k == 1`: there is one rank throughout.
//!
//! ```
//! use mis_core::{Affine, Geometry};
//!
//! // Slices first, 3 mm apart, as in KiTS19: the spacing is found in the affine's columns, whatever their order.
//! let affine = Affine::new([[0.0, 0.0, -0.8, 0.0], [0.0, -0.8, 0.0, 0.0], [-3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])?;
//! let geometry = Geometry { shape: [100, 512, 512], affine };
//! assert_eq!(geometry.affine.spacing(), [3.0, 0.8, 0.8]);
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! What other crates implement is open: [`DataSource`], [`PredictionSink`], [`Preprocess`], [`Transform`],
//! [`PatchSampler`], [`BatchSource`], [`Postprocess`].

mod affine;
mod geometry;
mod label_map;
mod orientation;
mod values;
mod volume;

mod batch;
mod patch_location;
mod sample;

mod class_table;
mod components;
mod named_choice;
mod rng;
mod statistics;
mod vectorized;

mod batch_source;
mod data_source;
mod patch_sampler;
mod postprocess;
mod prediction_sink;
mod preprocess;
mod transform;

pub mod interpolation;

mod aligned_rows;
mod atomic_file;
mod memory;
mod prefetch;

pub use affine::Affine;
pub use geometry::{Geometry, GeometryMismatch};
pub use label_map::{IGNORE, LabelMap, argmax};
pub use orientation::{Orientation, Reorientation};
pub use values::SharedValues;
pub use volume::Volume;

pub use batch::Batch;
pub use patch_location::PatchLocation;
pub use sample::{Sample, SampleId};

pub use class_table::{Class, ClassTable, UnknownLabels, nearest_integer};
pub use components::{Components, Connectivity, Run};
pub use rng::{SampleRng, sample_rng};
pub use statistics::{Statistics, statistics};

pub use batch_source::BatchSource;
pub use data_source::{DataSource, SampleFiles};
pub use patch_sampler::{BatchPlace, PatchSampler};
pub use postprocess::Postprocess;
pub use prediction_sink::PredictionSink;
pub use preprocess::Preprocess;
pub use transform::Transform;

pub use aligned_rows::aligned_rows;
pub use atomic_file::{TEMPORARY_PREFIX, write_atomically};
pub use memory::{LargeMemoryGoesBack, Pages, keep_memory, zeros};
pub use prefetch::prefetch;

pub use anyhow;
pub use ndarray;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
