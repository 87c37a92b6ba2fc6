//! Patches: where they lie, which ones training sees, how predictions are merged, and a loader whose batches do not
//! depend on the number of its workers.
//!
//! A [`PatchGrid`] covers a scan of any shape, a [`GridMerger`] puts what a network says of its patches together again.
//! A full image is a grid of one patch, a 2-D image has `k == 1`. A [`SampleStore`] keeps prepared samples on disk, of
//! which a patch is read without the rest, and [`StoredBatches`] whole batches.
//!
//! ```
//! use mis_core::{Affine, Sample, Volume, ndarray::Array4};
//! use mis_patch::{GridMerger, MergeWeights, PatchGrid, Placement};
//!
//! let image = Array4::from_shape_fn((1, 20, 30, 25), |(_, i, j, k)| (i * j + k) as f32);
//! let scan = Sample { id: "scan".into(), image: Volume::new(image, Affine::from_spacing([1.0; 3]))?, labels: None };
//!
//! let grid = PatchGrid { patch_size: [8, 16, 16], overlap: [4, 8, 8] };
//! let plan = grid.plan(scan.image.shape(), Placement::ShiftedBack);
//! let mut merger = GridMerger::new(1, plan, MergeWeights::Mean);
//! while let Some(at) = merger.next_location() {
//!     merger.add(scan.cut(&at).image.as_slice());
//! }
//! assert_eq!(merger.finish(scan.image.affine())?, scan.image);
//! # Ok::<(), anyhow::Error>(())
//! ```

mod patches;

mod grid_plan;
mod patch_grid;

mod grid_merger;
mod merge_weights;
mod merged_row;
mod merger;

mod class_index;
mod foreground_crop;
mod grid_patches;
mod patch_rules;
mod per_case;
mod random_crop;
mod skip_blank;
mod skip_dark;

mod ahead;
mod epoch_plan;
mod in_order;
mod passed_over;
mod patch_loader;
mod share;

mod disk_room;
mod sample_store;
mod store_folder;
mod store_key;
mod stored_batches;
mod stored_file;

pub use patches::{Patches, Sampling};

pub use grid_plan::GridPlan;
pub use patch_grid::{PatchGrid, Placement};

pub use grid_merger::{GridMerger, Planes};
pub use merge_weights::MergeWeights;
pub use merger::Merger;

pub use class_index::ClassIndex;
pub use foreground_crop::{Foreground, ForegroundCrop};
pub use grid_patches::{GridPatches, PerVisit};
pub use patch_rules::PatchRules;
pub use random_crop::RandomCrop;
pub use skip_blank::SkipBlank;
pub use skip_dark::SkipDark;

pub use epoch_plan::{CaseOrder, EpochPlan};
pub use passed_over::PassedOver;
pub use patch_loader::{LastBatch, PatchLoader};
pub use share::Share;

pub use disk_room::DiskRoom;
pub use sample_store::SampleStore;
pub use store_key::StoreKey;
pub use stored_batches::StoredBatches;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
