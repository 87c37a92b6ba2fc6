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

mod evaluation;
mod experiment;
mod exploration;
mod forecast;
mod prediction;
mod progress;
mod run;
mod threads;

pub use experiment::{
    Cases, EvaluateConfig, Experiment, ExperimentBuilder, PredictConfig, ReportConfig, WeightsChoice,
};
pub use experiment::{Folds, GroupBy, GroupedFolds, Labels, RepeatedFolds, StratifiedFolds, StratifyBy};
pub use experiment::{PlanOptions, plan, write_plan};

pub use forecast::{Forecast, PredictionForecast};
pub use forecast::{forecast_cross_validation, forecast_prediction, forecast_training};

pub use exploration::{ConvertJob, RenderJob, convert, render, render_augmented};
pub use exploration::{inspect_folder, write_inspection};

pub use run::{Checked, Environment, Keep, Prepared, RunFolder, RunOptions, Store, fingerprint};
pub use run::{check, cross_validate, train};

pub use prediction::{Combine, Combiner, PredictionJob, TrainedRun, label_map, predict, probabilities};

pub use evaluation::{EvaluationJob, compare_runs, evaluate, write_report};

pub use threads::{set_threads, share_cores};

pub use mis_core::ClassTable;
pub use mis_eval::{MetricChoice, OverlayStyle, Plane, Policy, Window, paired_table, write_paired};
pub use mis_io::Aligned;
#[cfg(feature = "mpi")]
pub use mis_train::MpiRanks;
pub use mis_train::{Alone, DeviceChoice, Ranks, StopSignal};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
