//! Predictions as NIfTI files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, ensure};
use mis_core::{DataSource, LabelMap, PredictionSink, SampleId};

use crate::nifti;

/// A folder of predictions, `<id>.nii.gz` each, with the header of the scan's first file carried: a prediction lies on
/// its scan in every viewer.
#[derive(Clone, Debug)]
pub struct NiftiFolder {
    /// Where predictions go; made on demand.
    pub folder: PathBuf,
    /// The data set that the scans are from.
    pub scans: Arc<dyn DataSource>,
}

impl PredictionSink for NiftiFolder {
    fn write(&self, id: &SampleId, labels: &LabelMap) -> Result<()> {
        let name = Path::new(&id.0).file_name();
        ensure!(name == Some(id.0.as_ref()), "expected a case name that can name a file, found {:?}", id.0);
        let files = self.scans.files(id)?;
        let template = match files.images.first() {
            Some(image) if nifti::is_nifti(image) => Some(nifti::read_header(image)?),
            _ => None,
        };
        nifti::write_labels(&self.folder.join(format!("{id}.nii.gz")), labels, template.as_ref())
    }
}
