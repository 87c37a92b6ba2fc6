//! One experiment from data to report: its builder, its TOML form and its run folders.
//!
//! An [`Experiment`] says what data, which preprocessing, augmentation, patches, network and loss, and how to train.
//! Built in Rust or read from a file it is the same value; [`cross_validate`] carries it out into a run folder, and a
//! [`TrainedRun`] predicts with what came of it.
//!
//! ```
//! use mis_pipeline::Experiment;
//!
//! let experiment: Experiment = toml::from_str(
//!     r#"
//!     seed = 42
//!     classes = ["background", "kidney", "tumor"]
//!     data = { case-folders = { path = "kits19/data" } }
//!     preprocess = [ { resample = { spacing = [3.22, 1.62, 1.62] } }, { clip = { min = -79, max = 304 } }, "z-score" ]
//!     augment = "standard"
//!     [patches]
//!     size = [80, 160, 160]
//!     overlap = [40, 80, 80]
//!     "#,
//! )?;
//! experiment.check()?;
//! # Ok::<(), anyhow::Error>(())
//! ```

mod cases;
mod experiment;
mod experiment_file;
mod folds;
mod plan;
mod predict_config;

mod chosen_folds;
mod cross_validate;
mod fold;
mod run;
mod run_options;
mod train;

mod augmented;
mod prediction;

mod environment;
mod fingerprint;
mod identity;
mod prepared;
mod run_folder;
mod store;
mod threads;

pub use cases::Cases;
pub use experiment::{Experiment, ExperimentBuilder};
pub use folds::Folds;
pub use plan::{PlanOptions, plan, write_plan};
pub use predict_config::{PredictConfig, WeightsChoice};

pub use cross_validate::cross_validate;
pub use run_options::RunOptions;
pub use train::train;

pub use augmented::render_augmented;
pub use prediction::{Combine, Combiner, PredictionJob, TrainedRun, label_map, predict, probabilities};

pub use environment::Environment;
pub use fingerprint::fingerprint;
pub use mis_train::{DeviceChoice, StopSignal};
pub use prepared::Prepared;
pub use run_folder::RunFolder;
pub use store::{Keep, Store};
pub use threads::{set_threads, share_cores};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
