//! Which cases take part.

use mis_core::SampleId;
use serde::{Deserialize, Serialize};

/// Which cases of a data set take part in an experiment; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cases {
    /// Cases that do not; a name that the data set lacks leaves nothing out.
    pub leave_out: Vec<SampleId>,
    /// Of the others, sorted, only so many.
    pub first: Option<usize>,
}

impl Cases {
    /// Those of the sorted `ids` that take part.
    #[must_use]
    pub fn select(&self, ids: Vec<SampleId>) -> Vec<SampleId> {
        let kept = ids.into_iter().filter(|id| !self.leave_out.contains(id));
        kept.take(self.first.unwrap_or(usize::MAX)).collect()
    }
}
