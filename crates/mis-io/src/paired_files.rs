//! Scans and labels paired by their names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use mis_core::{ClassTable, DataSource, Geometry, Sample, SampleFiles, SampleId, Volume};
use serde::{Deserialize, Serialize};

use crate::Others;
use crate::format::{Reading, files_of};
use crate::name_pattern::NamePattern;
use crate::read_files::{read_channels, read_geometry, read_sample};

/// Scans and labels that belong together by their names: two folders with the same names in them, BIDS, or any other
/// rule that patterns can say.
///
/// `{case}` in a pattern stands for the case's name and is the same text wherever it stands; `*` stands for any text and
/// `?` for any character, neither over a `/`. Where a pattern has no `{case}`, its first `*` is the case's name. A path
/// may be a NIfTI file, a PNG, JPEG, TIFF or BMP image, a DICOM file, or a folder with a DICOM series.
///
/// ```toml
/// paired = { path = "nuclei", image = "images/*.png", labels = "masks/*.png" }
/// paired = { path = "bids", image = ["sub-{case}/anat/*_T1w.nii.gz", "sub-{case}/anat/*_T2w.nii.gz"],
///            labels = "derivatives/labels/sub-{case}/anat/*_dseg.nii.gz" }
/// paired = { path = "therapy", image = "{case}/CT", labels = "{case}/RTSTRUCT", others = "background" }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairedFiles {
    /// The folder that the patterns start from.
    pub path: PathBuf,
    /// Pattern of the scans; several are the channels of a case, in their order.
    #[serde(rename = "image", with = "one_or_many")]
    pub images: Vec<String>,
    /// Pattern of the labels; without it there are none to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// What becomes of DICOM segments and regions that no class names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub others: Others,
    /// What raw label values mean; without it they are taken as class indices. Set by the experiment.
    #[serde(skip)]
    pub classes: Option<ClassTable>,
}

impl PairedFiles {
    /// Scans and labels by one pattern each. Refused where there are no cases.
    pub fn open(path: impl Into<PathBuf>, image: &str, labels: Option<&str>) -> Result<Self> {
        let files = Self {
            path: path.into(),
            images: vec![image.to_owned()],
            labels: labels.map(str::to_owned),
            others: Others::default(),
            classes: None,
        };
        files.ids()?;
        Ok(files)
    }

    /// Labels that no scan goes with.
    pub fn strays(&self) -> Result<Vec<PathBuf>> {
        let cases = self.channel(0)?;
        let labels = self.label_files()?;
        Ok(labels.into_iter().filter(|(case, _)| !cases.contains_key(case)).map(|(_, path)| path).collect())
    }

    fn channel(&self, channel: usize) -> Result<BTreeMap<String, PathBuf>> {
        let pattern = self.images.get(channel).context("expected a pattern of the scans, found none")?;
        NamePattern::parse(pattern)?.find(&self.path)
    }

    fn label_files(&self) -> Result<BTreeMap<String, PathBuf>> {
        match &self.labels {
            Some(labels) => NamePattern::parse(labels)?.find(&self.path),
            None => Ok(BTreeMap::new()),
        }
    }

    /// The paths of a case as its readers take them: a series is its folder.
    fn paths(&self, id: &SampleId) -> Result<SampleFiles> {
        let take = |mut files: BTreeMap<String, PathBuf>, what: &str, pattern: &str| {
            files.remove(&id.0).with_context(|| {
                format!("expected {what} of {id} as {pattern} in {}, found none", self.path.display())
            })
        };
        let images = (0..self.images.len())
            .map(|channel| take(self.channel(channel)?, "a scan", &self.images[channel]))
            .collect::<Result<_>>()?;
        let labels = match &self.labels {
            Some(pattern) => Some(take(self.label_files()?, "labels", pattern)?),
            None => None,
        };
        Ok(SampleFiles { images, labels })
    }

    fn images(&self, id: &SampleId) -> Result<SampleFiles> {
        Self { labels: None, ..self.clone() }.paths(id)
    }
}

impl DataSource for PairedFiles {
    fn ids(&self) -> Result<Vec<SampleId>> {
        let cases = self.channel(0)?;
        ensure!(
            !cases.is_empty(),
            "expected scans named {} in {}, found none",
            self.images[0],
            self.path.display()
        );
        Ok(cases.into_keys().map(SampleId).collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        let reading = Reading { classes: self.classes.as_ref(), others: self.others };
        read_sample(id, &self.paths(id)?, reading)
    }

    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        read_channels(&self.images(id)?)
    }

    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        read_geometry(&self.images(id)?)
    }

    fn files(&self, id: &SampleId) -> Result<SampleFiles> {
        let SampleFiles { images, labels } = self.paths(id)?;
        let all: Vec<_> = images.iter().map(|path| files_of(path)).collect::<Result<_>>()?;
        Ok(SampleFiles { images: all.concat(), labels })
    }

    fn set_classes(&mut self, classes: &ClassTable) {
        self.classes = Some(classes.clone());
    }
}

fn is_default(others: &Others) -> bool {
    *others == Others::default()
}

/// One pattern stands for itself, several as a list.
mod one_or_many {
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        One(String),
        Many(Vec<String>),
    }

    pub(super) fn serialize<S: Serializer>(patterns: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        match patterns {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::One(one) => vec![one],
            Form::Many(many) => many,
        })
    }
}
