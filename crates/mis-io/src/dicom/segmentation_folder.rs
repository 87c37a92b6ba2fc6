//! Predictions as DICOM segmentations.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use mis_core::{ClassTable, DataSource, LabelMap, PredictionSink, SampleId};

use super::{Series, write_segmentation};

/// A folder of predictions, `<id>.dcm` each: a DICOM segmentation on the series of the scan, by class names.
#[derive(Clone, Debug)]
pub struct SegmentationFolder {
    /// Where predictions go; made on demand.
    pub folder: PathBuf,
    /// The data set that the scans are from: a case's files are those of its series.
    pub scans: Arc<dyn DataSource>,
    /// The classes, whose names become those of segments.
    pub classes: ClassTable,
}

impl PredictionSink for SegmentationFolder {
    fn write(&self, id: &SampleId, labels: &LabelMap) -> Result<()> {
        let name = Path::new(&id.0).file_name();
        ensure!(name == Some(id.0.as_ref()), "expected a case name that can name a file, found {:?}", id.0);
        let files = self.scans.files(id)?;
        let first = files.images.first().context("expected a scan in files, found none")?;
        // A series is its folder; a multi-frame file stands alone.
        let folder = first.parent().filter(|_| files.images.len() > 1).unwrap_or(first);
        let series = Series::open(folder)?;
        write_segmentation(&self.folder.join(format!("{id}.dcm")), labels, &series, &self.classes)
    }
}
