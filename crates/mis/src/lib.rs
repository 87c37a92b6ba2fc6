//! Medical image segmentation: reads CT, MR and 2-D scans with expert label maps, trains U-Nets on libtorch, predicts
//! label maps on the scans' own lattice, and says by cross-validation how good they are.
//!
//! A pipeline is a few lines:
//!
//! ```no_run
//! use mis::prelude::*;
//!
//! let report = Experiment::on(CaseFolders::open("kits19/data")?)
//!     .classes(["background", "kidney", "tumor"])
//!     .preprocess(Resample::to([3.22, 1.62, 1.62]))
//!     .preprocess(Clip { min: -79.0, max: 304.0 })
//!     .preprocess(ZScore::default())
//!     .augment(standard())
//!     .patches(PatchGrid { patch_size: [80, 160, 160], overlap: [40, 80, 80] })
//!     .model(UNet::default())
//!     .loss(Tversky::default())
//!     .seed(42)
//!     .cross_validate(3, "runs/kits19")?;
//! println!("{}", report.table());
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! The [`guide`] leads from a folder of scans to a report, by the program `mis` and by Rust. This crate adds nothing of its
//! own: what you want is in one of the crates below, each usable alone.
#![doc = include_str!("../guide/crates.md")]

pub mod guide;
pub mod prelude;

pub use mis_augment as augment;
pub use mis_core as core;
pub use mis_eval as eval;
pub use mis_io as io;
pub use mis_models as models;
pub use mis_patch as patch;
pub use mis_pipeline as pipeline;
pub use mis_preproc as preproc;
pub use mis_train as train;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
