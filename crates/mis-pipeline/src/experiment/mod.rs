//! What an experiment is, and its file.

mod cases;
mod evaluate_config;
#[expect(clippy::module_inception, reason = "the folder is about the one type")]
mod experiment;
mod experiment_file;
mod file_chain;
mod folds;
mod merged;
mod plan;
mod predict_config;
mod report_config;

pub use cases::Cases;
pub use evaluate_config::EvaluateConfig;
pub use experiment::{Experiment, ExperimentBuilder};
pub use folds::{Folds, GroupBy, GroupedFolds, Labels, RepeatedFolds, StratifiedFolds, StratifyBy};
pub use plan::{PlanOptions, plan, write_plan};
pub use predict_config::{PredictConfig, WeightsChoice};
pub use report_config::ReportConfig;
