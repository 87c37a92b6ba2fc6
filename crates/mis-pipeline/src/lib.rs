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
mod evaluate_config;
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
mod predict;
mod predicted_labels;
mod trained_run;

mod compare_runs;
mod evaluate;
mod label_files;
mod write_report;

mod environment;
mod fingerprint;
mod identity;
mod prepared;
mod run_folder;
mod store;
mod threads;

pub use cases::Cases;
pub use evaluate_config::EvaluateConfig;
pub use experiment::{Experiment, ExperimentBuilder};
pub use folds::{Folds, GroupBy, GroupedFolds, Labels, RepeatedFolds, StratifiedFolds, StratifyBy};
pub use plan::{PlanOptions, plan, write_plan};
pub use predict_config::{PredictConfig, WeightsChoice};

pub use run_options::RunOptions;
pub use {cross_validate::cross_validate, train::train};

pub use augmented::render_augmented;
pub use predict::{PredictionJob, predict};
pub use trained_run::{TrainedRun, ensemble, label_map};

pub use evaluate::{EvaluationJob, evaluate};
pub use mis_core::ClassTable;
pub use mis_eval::{MetricChoice, Policy, paired_table, write_paired};
pub use {compare_runs::compare_runs, write_report::write_report};

pub use environment::Environment;
pub use fingerprint::fingerprint;
pub use mis_train::{DeviceChoice, StopSignal};
pub use prepared::Prepared;
pub use run_folder::RunFolder;
pub use store::{Keep, Store};
pub use threads::set_threads;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
