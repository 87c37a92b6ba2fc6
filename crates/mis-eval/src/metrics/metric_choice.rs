//! The metrics of an experiment.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Accuracy, Assd, Dice, Hausdorff, Hd95, Jaccard, Metric, Precision, Sensitivity, Specificity,
    VolumeDifference,
};

/// A metric by the name that an experiment file gives it, such as `"dice"` or `"volume-difference"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricChoice {
    /// [`Dice`].
    Dice,
    /// [`Jaccard`].
    Jaccard,
    /// [`Precision`].
    Precision,
    /// [`Sensitivity`].
    Sensitivity,
    /// [`Specificity`].
    Specificity,
    /// [`Accuracy`].
    Accuracy,
    /// [`VolumeDifference`].
    VolumeDifference,
    /// [`Hausdorff`].
    Hausdorff,
    /// [`Hd95`].
    Hd95,
    /// [`Assd`].
    Assd,
}

impl MetricChoice {
    /// The metric.
    #[must_use]
    pub fn metric(self) -> Arc<dyn Metric> {
        match self {
            Self::Dice => Arc::new(Dice),
            Self::Jaccard => Arc::new(Jaccard),
            Self::Precision => Arc::new(Precision),
            Self::Sensitivity => Arc::new(Sensitivity),
            Self::Specificity => Arc::new(Specificity),
            Self::Accuracy => Arc::new(Accuracy),
            Self::VolumeDifference => Arc::new(VolumeDifference),
            Self::Hausdorff => Arc::new(Hausdorff),
            Self::Hd95 => Arc::new(Hd95),
            Self::Assd => Arc::new(Assd),
        }
    }
}

/// The metrics of a report where nobody chose: Dice, Jaccard, precision, sensitivity, volume difference, HD95, ASSD.
#[must_use]
pub fn standard_metrics() -> Vec<Arc<dyn Metric>> {
    use MetricChoice::{Assd, Dice, Hd95, Jaccard, Precision, Sensitivity, VolumeDifference};
    let choices = [Dice, Jaccard, Precision, Sensitivity, VolumeDifference, Hd95, Assd];
    choices.into_iter().map(MetricChoice::metric).collect()
}
