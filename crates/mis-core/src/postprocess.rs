//! Steps after the prediction.

use std::fmt::Debug;

use crate::LabelMap;

/// A change of a predicted label map, such as keeping the largest component of a class. The lattice stays.
pub trait Postprocess: Debug + Send + Sync {
    /// The label map after the step.
    fn apply(&self, labels: LabelMap) -> LabelMap;
}
