//! Where predictions go.

use std::fmt::Debug;

use anyhow::Result;

use crate::{LabelMap, SampleId};

/// Takes the prediction of each case, as class indices on the scan's own lattice.
///
/// `write` is called once per case, in any order; a prediction appears whole or not at all.
pub trait PredictionSink: Debug + Send + Sync {
    /// Keeps one prediction.
    fn write(&self, id: &SampleId, labels: &LabelMap) -> Result<()>;
}
