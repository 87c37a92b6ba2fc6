//! Metrics of a prediction against the truth, and what they are made from.

mod count_metric;
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
mod counts;
mod distance_transform;
mod surface_distances;

pub use count_metric::CountMetric;
pub use metric::{About, Better, Metric};
pub use metric_choice::{MetricChoice, standard_metrics};

pub use {accuracy::Accuracy, dice::Dice, jaccard::Jaccard, precision::Precision};
pub use {sensitivity::Sensitivity, specificity::Specificity, volume_difference::VolumeDifference};

pub use assd::Assd;
pub use hausdorff::{Hausdorff, Hd95};

pub use comparison::Comparison;
pub use counts::{Counts, count};
pub use surface_distances::SurfaceDistances;
