//! Prediction with what came of runs.

mod answers;
mod chosen_postprocess;
mod combine;
mod decide;
mod predict;
mod predictions;
mod trained_run;

pub use combine::{Combine, Combiner};
pub use predict::{PredictionJob, predict};
pub use trained_run::{TrainedRun, label_map, probabilities};

pub(crate) use answers::EXPORT_MEMORY;
pub(crate) use chosen_postprocess::ChosenPostprocess;
pub(crate) use predict::{largest, overlaps};
pub(crate) use trained_run::{decides_at_once, same_regions, weights_file};
