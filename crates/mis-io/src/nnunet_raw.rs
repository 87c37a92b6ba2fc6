//! The layout of nnU-Net, and of the Medical Segmentation Decathlon.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{Class, ClassTable, DataSource, Geometry, Sample, SampleFiles, SampleId, Volume};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::folder::names;
use crate::format::Reading;
use crate::read_files::{read_channels, read_geometry, read_sample};
use crate::scan_name::without_ending;

/// A data set in nnU-Net's raw layout, such as `Dataset004_Hippocampus`, or one of the Medical Segmentation Decathlon.
///
/// `dataset.json` says what is there: files `imagesTr/{case}_{0000}{ending}`, one per channel, with labels in
/// `labelsTr/{case}{ending}`; or the decathlon's list of `training` files, whose 4-D scans hold all channels; or
/// nnU-Net's own list of files, `dataset`. In an experiment file it is the folder alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "PathBuf", into = "PathBuf")]
pub struct NnunetRaw {
    /// The folder that holds `dataset.json`.
    pub path: PathBuf,
    /// What raw label values mean; without it they are taken as class indices. Set by the experiment.
    pub classes: Option<ClassTable>,
}

impl From<PathBuf> for NnunetRaw {
    fn from(path: PathBuf) -> Self {
        Self { path, classes: None }
    }
}

impl From<NnunetRaw> for PathBuf {
    fn from(data: NnunetRaw) -> Self {
        data.path
    }
}

impl NnunetRaw {
    /// The data set in a folder. Refused where there are no cases.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let data = Self::from(path.into());
        data.ids()?;
        Ok(data)
    }

    /// The classes that `dataset.json` names, background first, with their raw values; its label `ignore` is none.
    pub fn class_table(&self) -> Result<ClassTable> {
        let table = || {
            let mut classes = Vec::new();
            for (key, value) in self.description()?.labels {
                // nnU-Net: name to value. Decathlon: value to name.
                let (name, raw) = match (value.as_str(), value.as_i64(), key.parse::<i64>()) {
                    (Some(name), _, Ok(raw)) => (name.to_owned(), raw),
                    (_, Some(raw), _) => (key, raw),
                    _ => bail!(
                        "expected one value per class, found {key:?}: {value}; for regions name the classes in the \
                         experiment's `classes`, and those of each region in its loss, `regions`"
                    ),
                };
                classes.push(Class { name, values: vec![raw] });
            }
            classes.sort_by_key(|class| class.values[0]);
            ClassTable::new(classes)
        };
        table().with_context(|| format!("labels of {}", self.path.join("dataset.json").display()))
    }

    /// What `dataset.json` calls the channels of a scan, in their order, such as `CT` or `T1`.
    pub fn channel_names(&self) -> Result<Vec<String>> {
        let mut channels = Vec::new();
        for (number, name) in self.description()?.channels() {
            let number: usize = number.parse().with_context(|| {
                format!("expected channels numbered from 0 in dataset.json, found {number:?}")
            })?;
            channels.push((number, name.as_str().map_or_else(|| name.to_string(), str::to_owned)));
        }
        channels.sort_unstable();
        Ok(channels.into_iter().map(|(_, name)| name).collect())
    }

    /// The data set's own division into folds, where it has one.
    #[must_use]
    pub fn splits_file(&self) -> Option<PathBuf> {
        Some(self.path.join("splits_final.json")).filter(|path| path.is_file())
    }

    fn description(&self) -> Result<Description> {
        let path = self.path.join("dataset.json");
        ensure!(self.path.is_dir(), "expected a data set in {}, found no folder", self.path.display());
        ensure!(path.is_file(), "expected nnU-Net's dataset.json in {}, found none", self.path.display());
        let parse = || -> Result<Description> { Ok(serde_json::from_slice(&fs::read(&path)?)?) };
        parse().with_context(|| path.display().to_string())
    }

    /// The files of every case, where `dataset.json` lists them.
    fn listed(&self, description: &Description) -> Result<Option<BTreeMap<SampleId, SampleFiles>>> {
        let mut cases = BTreeMap::new();
        if let Some(dataset) = &description.dataset {
            for (id, files) in dataset {
                let images = files.images.iter().map(|image| self.path.join(image)).collect();
                cases.insert(
                    SampleId(id.clone()),
                    SampleFiles { images, labels: Some(self.path.join(&files.label)) },
                );
            }
        } else if let Some(training) = &description.training {
            for files in training {
                let image = self.path.join(&files.image);
                let Some(id) = without_ending(&files.image) else {
                    bail!("expected a NIfTI file or a picture, found {}", image.display());
                };
                // nnU-Net's first version lists the cases so, but has a file per channel.
                let images = if image.is_file() { vec![image] } else { self.channels(description, id)? };
                cases.insert(id.into(), SampleFiles { images, labels: Some(self.path.join(&files.label)) });
            }
        }
        Ok(Some(cases).filter(|cases| !cases.is_empty()))
    }

    fn channels(&self, description: &Description, id: &str) -> Result<Vec<PathBuf>> {
        let ending = description.ending()?;
        let folder = self.path.join("imagesTr");
        let n_channels = description.channels().len().max(1);
        let path = |channel| folder.join(format!("{id}_{channel:04}{ending}"));
        // A picture may hold all its colors in one file.
        if crate::picture::is_picture(Path::new(ending)) && !path(1).exists() {
            return Ok(vec![path(0)]);
        }
        Ok((0..n_channels).map(path).collect())
    }
}

impl DataSource for NnunetRaw {
    fn ids(&self) -> Result<Vec<SampleId>> {
        let description = self.description()?;
        if let Some(cases) = self.listed(&description)? {
            return Ok(cases.into_keys().collect());
        }
        let folder = self.path.join("imagesTr");
        let first = format!("_0000{}", description.ending()?);
        let ids: Vec<_> =
            names(&folder)?.iter().filter_map(|name| name.strip_suffix(&first)).map(SampleId::from).collect();
        ensure!(!ids.is_empty(), "expected scans {{case}}{first} in {}, found none", folder.display());
        for id in &ids {
            for path in self.channels(&description, &id.0)? {
                ensure!(path.is_file(), "expected a channel of {id} at {}, found no file", path.display());
            }
        }
        Ok(ids)
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
        let description = self.description()?;
        if let Some(mut cases) = self.listed(&description)? {
            return cases.remove(id).with_context(|| {
                format!("expected a case {id} in {}, found none", self.path.join("dataset.json").display())
            });
        }
        let labels = self.path.join("labelsTr").join(format!("{id}{}", description.ending()?));
        Ok(SampleFiles { images: self.channels(&description, &id.0)?, labels: Some(labels) })
    }

    fn set_classes(&mut self, classes: &ClassTable) {
        self.classes = Some(classes.clone());
    }
}

/// `dataset.json`, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Description {
    channel_names: Option<BTreeMap<String, Value>>,
    modality: Option<BTreeMap<String, Value>>,
    labels: BTreeMap<String, Value>,
    file_ending: Option<String>,
    training: Option<Vec<Training>>,
    dataset: Option<BTreeMap<String, Listed>>,
}

#[derive(Debug, Deserialize)]
struct Training {
    image: PathBuf,
    label: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Listed {
    images: Vec<PathBuf>,
    label: PathBuf,
}

impl Description {
    fn channels(&self) -> BTreeMap<String, Value> {
        self.channel_names.as_ref().or(self.modality.as_ref()).cloned().unwrap_or_default()
    }

    fn ending(&self) -> Result<&str> {
        let ending = self.file_ending.as_deref().unwrap_or(".nii.gz");
        ensure!(
            without_ending(Path::new(&format!("case{ending}"))).is_some(),
            "expected the file_ending .nii.gz, .nii or that of a picture in dataset.json, found {ending}"
        );
        Ok(ending)
    }
}
