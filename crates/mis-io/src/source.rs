//! The layouts that an experiment file can name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use mis_core::{ClassTable, DataSource, Geometry, Sample, SampleFiles, SampleId, Volume};
use serde::{Deserialize, Serialize};

use crate::{CaseFolders, NnunetRaw};

/// The data of an experiment: a layout with its TOML form, such as `{ nnunet = "data/Dataset004_Hippocampus" }`, or a
/// source of one's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// One folder per case.
    CaseFolders(CaseFolders),
    /// nnU-Net's and the decathlon's layout.
    Nnunet(NnunetRaw),
    /// Any other source; an experiment file cannot name it.
    #[serde(skip)]
    Custom(Arc<dyn DataSource>),
}

impl Source {
    /// A source of one's own, or one that no experiment file names, such as [`InMemory`](crate::InMemory).
    pub fn custom(source: impl DataSource + 'static) -> Self {
        Self::Custom(Arc::new(source))
    }

    /// The layout that a folder shows: nnU-Net's where it holds a `dataset.json`, else case folders. Refused where there
    /// are no cases.
    pub fn in_folder(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        if path.join("dataset.json").is_file() {
            Ok(NnunetRaw::open(path)?.into())
        } else {
            Ok(CaseFolders::open(path)?.into())
        }
    }

    /// Where the data lie; none for a custom source.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::CaseFolders(source) => Some(&source.path),
            Self::Nnunet(source) => Some(&source.path),
            Self::Custom(_) => None,
        }
    }

    /// The same layout in another folder. A custom source has no folder to replace, which is an error.
    pub fn with_path(mut self, path: PathBuf) -> Result<Self> {
        match &mut self {
            Self::CaseFolders(source) => source.path = path,
            Self::Nnunet(source) => source.path = path,
            Self::Custom(_) => bail!("expected a data set in a folder, found one made in the program"),
        }
        Ok(self)
    }

    /// Takes a relative path as one from `base`, the folder of the experiment file.
    pub fn resolve(&mut self, base: &Path) {
        match self {
            Self::CaseFolders(source) => source.path = base.join(&source.path),
            Self::Nnunet(source) => source.path = base.join(&source.path),
            Self::Custom(_) => {}
        }
    }

    /// The classes that the data set names itself, background first; none where the layout has no list of them.
    pub fn class_table(&self) -> Result<Option<ClassTable>> {
        match self {
            Self::Nnunet(source) => source.class_table().map(Some),
            Self::CaseFolders(_) | Self::Custom(_) => Ok(None),
        }
    }

    /// What the data set calls the channels of a scan, in their order; none where the layout does not say.
    pub fn channel_names(&self) -> Result<Option<Vec<String>>> {
        match self {
            Self::Nnunet(source) => source.channel_names().map(Some),
            Self::CaseFolders(_) | Self::Custom(_) => Ok(None),
        }
    }

    /// The data set's own division into folds, where it has one.
    #[must_use]
    pub fn splits_file(&self) -> Option<PathBuf> {
        match self {
            Self::Nnunet(source) => source.splits_file(),
            Self::CaseFolders(_) | Self::Custom(_) => None,
        }
    }

    fn as_dyn(&self) -> &dyn DataSource {
        match self {
            Self::CaseFolders(source) => source,
            Self::Nnunet(source) => source,
            Self::Custom(source) => source.as_ref(),
        }
    }
}

impl From<CaseFolders> for Source {
    fn from(source: CaseFolders) -> Self {
        Self::CaseFolders(source)
    }
}

impl From<NnunetRaw> for Source {
    fn from(source: NnunetRaw) -> Self {
        Self::Nnunet(source)
    }
}

impl From<crate::InMemory> for Source {
    fn from(source: crate::InMemory) -> Self {
        Self::custom(source)
    }
}

impl From<crate::ScanFiles> for Source {
    fn from(source: crate::ScanFiles) -> Self {
        Self::custom(source)
    }
}

impl DataSource for Source {
    fn ids(&self) -> Result<Vec<SampleId>> {
        self.as_dyn().ids()
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        self.as_dyn().load(id)
    }

    fn load_shared(&self, id: &SampleId) -> Result<Arc<Sample>> {
        self.as_dyn().load_shared(id)
    }

    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        self.as_dyn().load_image(id)
    }

    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        self.as_dyn().geometry(id)
    }

    fn files(&self, id: &SampleId) -> Result<SampleFiles> {
        self.as_dyn().files(id)
    }

    /// A custom source that others hold too keeps the classes that it has: its labels must not change under them.
    fn set_classes(&mut self, classes: &ClassTable) {
        match self {
            Self::CaseFolders(source) => source.set_classes(classes),
            Self::Nnunet(source) => source.set_classes(classes),
            Self::Custom(source) => {
                if let Some(source) = Arc::get_mut(source) {
                    source.set_classes(classes);
                }
            }
        }
    }
}
