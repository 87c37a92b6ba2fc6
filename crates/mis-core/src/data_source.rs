//! Where scans come from.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use crate::{ClassTable, Geometry, Sample, SampleId, Volume};

/// The files that one sample is read from; empty where it is not read from files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleFiles {
    /// The scan, one file per channel or one for all; the first one's header is carried to predictions.
    pub images: Vec<PathBuf>,
    /// The expert's labels.
    pub labels: Option<PathBuf>,
}

/// A data set: the names of its cases, and each case on demand.
///
/// Implement it to read a layout or a format that `mis-io` does not know. `load` is called from several threads and
/// must give the same sample each time.
pub trait DataSource: Debug + Send + Sync {
    /// All cases, sorted, each once.
    fn ids(&self) -> Result<Vec<SampleId>>;

    /// One case: image and labels on one lattice. A source that has labels fails where a case lacks them, with the
    /// file that was expected; a source without labels gives none.
    fn load(&self, id: &SampleId) -> Result<Sample>;

    /// One case, to be read only: a source that keeps samples in memory hands out the one it has.
    fn load_shared(&self, id: &SampleId) -> Result<Arc<Sample>> {
        self.load(id).map(Arc::new)
    }

    /// The scan alone, for prediction: labels are neither needed nor read.
    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        Ok(self.load(id)?.image)
    }

    /// The scan's lattice, from its header alone where the format allows.
    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        Ok(self.load_image(id)?.geometry())
    }

    /// The files behind a case: for messages, checksums, and the header that a prediction carries on.
    fn files(&self, id: &SampleId) -> Result<SampleFiles> {
        let _ = id;
        Ok(SampleFiles::default())
    }

    /// Takes the experiment's class table, before the first `load`. A source that reads label files maps their raw
    /// values by it; one that makes class indices itself has no use for it.
    fn set_classes(&mut self, classes: &ClassTable) {
        let _ = classes;
    }
}
