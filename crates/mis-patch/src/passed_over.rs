//! Cases that have no patch to train on.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mis_core::SampleId;

/// The cases that a loader passed over, because all their patches are blank or left out otherwise. Its text is a line
/// for the user.
#[derive(Clone, Debug, Default)]
pub struct PassedOver(Arc<Mutex<BTreeSet<SampleId>>>);

impl PassedOver {
    /// Their names, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<SampleId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn add(&self, id: &SampleId) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !ids.contains(id) {
            ids.insert(id.clone());
        }
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.ids().into_iter().map(|id| id.0).collect();
        match ids.as_slice() {
            [] => write!(f, "every case has patches to train on"),
            [id] => write!(f, "{id} has no patch to train on and is passed over"),
            _ => write!(
                f,
                "{} cases have no patch to train on and are passed over: {}",
                ids.len(),
                ids.join(", ")
            ),
        }
    }
}
