//! What is found out once about each case.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mis_core::SampleId;

/// What a sampler has found out about each case, by the case's name: a sampler serves one data set.
#[derive(Debug)]
pub(crate) struct PerCase<T> {
    found: Mutex<BTreeMap<SampleId, Arc<OnceLock<Arc<T>>>>>,
}

impl<T> Default for PerCase<T> {
    fn default() -> Self {
        Self { found: Mutex::default() }
    }
}

impl<T> PerCase<T> {
    /// What was found of this case, or is found now; others of the same case wait for it, those of other cases do not.
    pub(crate) fn get(&self, id: &SampleId, find: impl FnOnce() -> T) -> Arc<T> {
        // A thread that panicked in between left a map that is whole.
        let case =
            self.found.lock().unwrap_or_else(PoisonError::into_inner).entry(id.clone()).or_default().clone();
        case.get_or_init(|| Arc::new(find())).clone()
    }
}
