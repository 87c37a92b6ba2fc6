//! Patches: where they lie, which ones training sees, how predictions are merged, and a loader whose batches do not
//! depend on the number of its workers.
//!
//! A [`PatchGrid`] covers a scan of any shape, a [`Merger`] puts what a network says of its patches together again. A
//! full image is a grid of one patch, a 2-D image has `k == 1`.
//!
//! ```
//! use mis_core::{Affine, Sample, Volume, ndarray::Array4};
//! use mis_patch::{MergeWeights, Merger, PatchGrid};
//!
//! let image = Array4::from_shape_fn((1, 20, 30, 25), |(_, i, j, k)| (i * j + k) as f32);
//! let scan = Sample { id: "scan".into(), image: Volume::new(image, Affine::from_spacing([1.0; 3]))?, labels: None };
//!
//! let grid = PatchGrid { patch_size: [8, 16, 16], overlap: [4, 8, 8] };
//! let mut merger = Merger::new(1, scan.image.shape(), grid.patch_size, MergeWeights::Mean);
//! for at in grid.locations(scan.image.shape()) {
//!     merger.add(&at, scan.cut(&at).image.as_slice());
//! }
//! assert_eq!(merger.finish(scan.image.affine())?, scan.image);
//! # Ok::<(), anyhow::Error>(())
//! ```

mod patches;

mod patch_grid;

mod merger;

mod grid_patches;
mod random_crop;

mod epoch_plan;
mod patch_loader;

pub use patches::{Patches, Sampling};

pub use patch_grid::PatchGrid;

pub use merger::{MergeWeights, Merger};

pub use grid_patches::{Blanks, GridPatches, PerVisit};
pub use random_crop::RandomCrop;

pub use epoch_plan::{CaseOrder, EpochPlan};
pub use patch_loader::{LastBatch, PatchLoader};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
