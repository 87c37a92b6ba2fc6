//! Predictions of 2-D images as PNG files.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use mis_core::{LabelMap, PredictionSink, SampleId};

use crate::picture;

/// A folder of predictions of 2-D images, `<id>.png` each, grey values being class indices.
#[derive(Clone, Debug)]
pub struct PictureFolder {
    /// Where predictions go; made on demand.
    pub folder: PathBuf,
}

impl PredictionSink for PictureFolder {
    fn write(&self, id: &SampleId, labels: &LabelMap) -> Result<()> {
        let name = Path::new(&id.0).file_name();
        ensure!(name == Some(id.0.as_ref()), "expected a case name that can name a file, found {:?}", id.0);
        picture::write_labels(&self.folder.join(format!("{id}.png")), labels)
    }
}
