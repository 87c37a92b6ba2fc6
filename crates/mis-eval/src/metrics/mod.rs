//! Metrics of a prediction against the truth, and what they are made from.

mod metric;
mod metric_choice;
mod policy;

mod count_metric;

mod accuracy;
mod dice;
mod jaccard;
mod precision;
mod sensitivity;
mod specificity;

mod volume;

mod surface_score;

mod assd;
mod hausdorff;
mod nsd;

mod lesions;

mod comparison;

mod bit_mask;
mod bounds;
mod components;
mod counts;
mod nearest;
mod surface_distances;
mod surfels;

pub use count_metric::CountMetric;
pub use metric::{About, Better, Metric};
pub use metric_choice::{MetricChoice, standard_metrics};
pub use policy::Policy;

pub use {accuracy::Accuracy, dice::Dice, jaccard::Jaccard, precision::Precision};
pub use {sensitivity::Sensitivity, specificity::Specificity};

pub use volume::{PredictedVolume, RelativeVolumeDifference, TrueVolume, VolumeDifference};

pub use hausdorff::{Hausdorff, Hd95};
pub use {assd::Assd, nsd::Nsd};

pub use lesions::{LesionF1, LesionOverlap, LesionPrecision, LesionRecall, LesionRule};
pub use mis_core::Connectivity;

pub use comparison::Comparison;
pub use counts::{Counts, count};
pub use surface_distances::{SurfaceAreas, SurfaceDistances};
