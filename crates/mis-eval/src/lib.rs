//! Metrics, cross-validation splits and reports for segmentations.

mod metric;
mod metric_choice;

mod accuracy;
mod assd;
mod dice;
mod hausdorff;
mod jaccard;
mod precision;
mod sensitivity;
mod specificity;
mod volume_difference;

mod comparison;
mod count_metric;
mod counts;
mod distance_transform;
mod surface_distances;

mod aggregate;

#[cfg(test)]
mod test_maps;

pub use metric::{About, Better, Metric};
pub use metric_choice::{MetricChoice, standard_metrics};

pub use accuracy::Accuracy;
pub use assd::Assd;
pub use dice::Dice;
pub use hausdorff::{Hausdorff, Hd95};
pub use jaccard::Jaccard;
pub use precision::Precision;
pub use sensitivity::Sensitivity;
pub use specificity::Specificity;
pub use volume_difference::VolumeDifference;

pub use comparison::Comparison;
pub use count_metric::CountMetric;
pub use counts::{Counts, count};
pub use surface_distances::SurfaceDistances;

pub use aggregate::Aggregate;

mod hold_out;
mod k_fold;
mod nnunet_folds;
mod numpy_random;
mod split;
mod splits_file;

pub use hold_out::hold_out;
pub use k_fold::{grouped, k_fold, leave_one_out};
pub use nnunet_folds::nnunet_folds;
pub use split::{Split, check_splits, detailed};
pub use splits_file::{read_splits, write_splits};
