//! Label maps whose headers are wrong.

use anyhow::{Result, ensure};
use mis_core::{ClassTable, DataSource, Geometry, LabelMap, Sample, SampleFiles, SampleId, Volume};
use serde::{Deserialize, Serialize};

use crate::Source;
use crate::format::{Reading, is_drawn, read_label_file};

/// Another data set, whose label maps are laid onto their images where only the header says that they lie elsewhere.
///
/// It mends what tools do that drop or round a header: the voxels correspond one to one, the affines do not. Maps of
/// another shape stay an error: they must be resampled. What is drawn in DICOM objects lies where they say, on any
/// lattice, and is read as the data set reads it.
///
/// ```toml
/// aligned = { of = { case-folders = { path = "data" } } }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aligned {
    /// The data set.
    pub of: Box<Source>,
    /// What raw label values mean. Set by the experiment.
    #[serde(skip)]
    classes: Option<ClassTable>,
}

impl Aligned {
    /// The label maps of a data set on the lattices of its images.
    pub fn of(source: impl Into<Source>) -> Self {
        Self { of: Box::new(source.into()), classes: None }
    }
}

impl DataSource for Aligned {
    fn ids(&self) -> Result<Vec<SampleId>> {
        self.of.ids()
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        let files = self.of.files(id)?;
        let (Some(path), Some(scan)) = (&files.labels, files.images.first()) else {
            return self.of.load(id); // without a file there is no header to mend
        };
        if is_drawn(path) {
            return self.of.load(id);
        }
        let labels = read_label_file(path, scan, Reading::of(self.classes.as_ref()))?;
        let image = self.of.load_image(id)?;
        ensure!(
            labels.shape() == image.shape(),
            "expected the image's shape {:?}, found {:?} in {} (resample the labels onto the image)",
            image.shape(),
            labels.shape(),
            path.display()
        );
        let labels = LabelMap::new(labels.data().to_owned(), image.affine())?;
        Ok(Sample { id: id.clone(), image, labels: Some(labels) })
    }

    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        self.of.load_image(id)
    }

    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        self.of.geometry(id)
    }

    fn files(&self, id: &SampleId) -> Result<SampleFiles> {
        self.of.files(id)
    }

    fn set_classes(&mut self, classes: &ClassTable) {
        self.classes = Some(classes.clone());
        self.of.set_classes(classes);
    }
}
