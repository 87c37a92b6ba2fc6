//! One folder per case.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use mis_core::{ClassTable, DataSource, Geometry, Sample, SampleFiles, SampleId, Volume};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::folder::names;
use crate::format::Reading;
use crate::read_files::{read_channels, read_geometry, read_sample};

/// A data set with one folder per case, as KiTS19 has it: `case_00000/imaging.nii.gz`, `case_00000/segmentation.nii.gz`.
///
/// Cases are the folders inside `path`, sorted by name; plain files and hidden folders are passed over, and a folder
/// without the image is an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFolders {
    /// The folder that holds the cases' folders.
    pub path: PathBuf,
    /// Name of the scan in each of them.
    #[serde(default = "imaging")]
    pub image: String,
    /// Name of the labels in each of them; none (in an experiment file `""`) where there are no labels to read.
    #[serde(default = "segmentation", serialize_with = "none_as_empty", deserialize_with = "empty_as_none")]
    pub labels: Option<String>,
    /// What raw label values mean; without it they are taken as class indices. Set by the experiment.
    #[serde(skip)]
    pub classes: Option<ClassTable>,
}

impl CaseFolders {
    /// The cases in a folder, under KiTS19's file names. Refused where there are none.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let folders = Self { path: path.into(), image: imaging(), labels: segmentation(), classes: None };
        folders.ids()?;
        Ok(folders)
    }
}

impl DataSource for CaseFolders {
    fn ids(&self) -> Result<Vec<SampleId>> {
        let mut ids = names(&self.path)?;
        ids.retain(|name| self.path.join(name).is_dir());
        for name in &ids {
            let image = self.path.join(name).join(&self.image);
            ensure!(image.is_file(), "expected a scan at {}, found no file", image.display());
        }
        ensure!(
            !ids.is_empty(),
            "expected folders with {} in {}, found no folder",
            self.image,
            self.path.display()
        );
        Ok(ids.into_iter().map(SampleId).collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        read_sample(id, &self.files(id)?, Reading::of(self.classes.as_ref()))
    }

    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        read_channels(&self.files(id)?)
    }

    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        read_geometry(&self.files(id)?)
    }

    fn files(&self, id: &SampleId) -> Result<SampleFiles> {
        let folder = self.path.join(&id.0);
        ensure!(folder.is_dir(), "expected a case {id} in {}, found no such folder", self.path.display());
        let labels = self.labels.as_ref().map(|name| folder.join(name));
        Ok(SampleFiles { images: vec![folder.join(&self.image)], labels })
    }

    fn set_classes(&mut self, classes: &ClassTable) {
        self.classes = Some(classes.clone());
    }
}

fn imaging() -> String {
    "imaging.nii.gz".into()
}

fn segmentation() -> Option<String> {
    Some("segmentation.nii.gz".into())
}

/// TOML has no null.
fn none_as_empty<S: Serializer>(labels: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(labels.as_deref().unwrap_or_default())
}

fn empty_as_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|name| !name.is_empty()))
}
