//! The layouts that an experiment file can name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use mis_core::{ClassTable, DataSource, Geometry, Sample, SampleFiles, SampleId, Volume};
use serde::{Deserialize, Serialize};

use crate::{Aligned, CaseFolders, NnunetRaw, PairedFiles, Slices};

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
    /// Scans and labels paired by patterns of their names: folders of images and masks, BIDS, DICOM series.
    Paired(PairedFiles),
    /// Slices of another data set's volumes.
    Slices(Slices),
    /// Another data set with its labels laid onto its images.
    Aligned(Aligned),
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
            Self::Paired(source) => Some(&source.path),
            Self::Slices(source) => source.of.path(),
            Self::Aligned(source) => source.of.path(),
            Self::Custom(_) => None,
        }
    }

    /// The same layout in another folder. A custom source has no folder to replace, which is an error.
    pub fn with_path(mut self, path: PathBuf) -> Result<Self> {
        match &mut self {
            Self::CaseFolders(source) => source.path = path,
            Self::Nnunet(source) => source.path = path,
            Self::Paired(source) => source.path = path,
            Self::Slices(source) => *source.of = source.of.as_ref().clone().with_path(path)?,
            Self::Aligned(source) => *source.of = source.of.as_ref().clone().with_path(path)?,
            Self::Custom(_) => bail!("expected a data set in a folder, found one made in the program"),
        }
        Ok(self)
    }

    /// Takes a relative path as one from `base`, the folder of the experiment file.
    pub fn resolve(&mut self, base: &Path) {
        match self {
            Self::CaseFolders(source) => source.path = base.join(&source.path),
            Self::Nnunet(source) => source.path = base.join(&source.path),
            Self::Paired(source) => source.path = base.join(&source.path),
            Self::Slices(source) => source.of.resolve(base),
            Self::Aligned(source) => source.of.resolve(base),
            Self::Custom(_) => {}
        }
    }

    /// The classes that the data set names itself, background first; none where the layout has no list of them.
    pub fn class_table(&self) -> Result<Option<ClassTable>> {
        match self {
            Self::Nnunet(source) => source.class_table().map(Some),
            Self::Slices(source) => source.of.class_table(),
            Self::Aligned(source) => source.of.class_table(),
            Self::CaseFolders(_) | Self::Paired(_) | Self::Custom(_) => Ok(None),
        }
    }

    /// What the data set calls the channels of a scan, in their order; none where the layout does not say.
    pub fn channel_names(&self) -> Result<Option<Vec<String>>> {
        match self {
            Self::Nnunet(source) => source.channel_names().map(Some),
            Self::Slices(source) => source.of.channel_names(),
            Self::Aligned(source) => source.of.channel_names(),
            Self::CaseFolders(_) | Self::Paired(_) | Self::Custom(_) => Ok(None),
        }
    }

    /// The data set's own division into folds, where it has one.
    #[must_use]
    pub fn splits_file(&self) -> Option<PathBuf> {
        match self {
            Self::Nnunet(source) => source.splits_file(),
            Self::Aligned(source) => source.of.splits_file(),
            // A list of scans does not split slices.
            Self::Slices(_) | Self::CaseFolders(_) | Self::Paired(_) | Self::Custom(_) => None,
        }
    }

    /// Labels that no scan goes with, where the layout pairs files by their names.
    pub fn strays(&self) -> Result<Vec<PathBuf>> {
        match self {
            Self::Paired(source) => source.strays(),
            Self::Slices(source) => source.of.strays(),
            Self::Aligned(source) => source.of.strays(),
            Self::CaseFolders(_) | Self::Nnunet(_) | Self::Custom(_) => Ok(Vec::new()),
        }
    }

    fn as_dyn(&self) -> &dyn DataSource {
        match self {
            Self::CaseFolders(source) => source,
            Self::Nnunet(source) => source,
            Self::Paired(source) => source,
            Self::Slices(source) => source,
            Self::Aligned(source) => source,
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

impl From<PairedFiles> for Source {
    fn from(source: PairedFiles) -> Self {
        Self::Paired(source)
    }
}

impl From<Slices> for Source {
    fn from(source: Slices) -> Self {
        Self::Slices(source)
    }
}

impl From<Aligned> for Source {
    fn from(source: Aligned) -> Self {
        Self::Aligned(source)
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
            Self::Paired(source) => source.set_classes(classes),
            Self::Slices(source) => source.set_classes(classes),
            Self::Aligned(source) => source.set_classes(classes),
            Self::Custom(source) => {
                if let Some(source) = Arc::get_mut(source) {
                    source.set_classes(classes);
                }
            }
        }
    }
}
