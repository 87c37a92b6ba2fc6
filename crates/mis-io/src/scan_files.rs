//! Scans named by files and folders, for prediction.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mis_core::{DataSource, Geometry, Sample, SampleFiles, SampleId, Volume};

use crate::folder::names;
use crate::format::{files_of, has_dicom_ending, is_series};
use crate::read_files::{read_channels, read_geometry};
use crate::scan_name::{case_and_channel, without_ending};

/// Scans to predict: files, folders of files, case folders, in any mixture. They have no labels.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanFiles {
    scans: BTreeMap<SampleId, Vec<PathBuf>>,
}

impl ScanFiles {
    /// The scans that paths stand for: a `.nii` or `.nii.gz` file, a picture (PNG, JPEG, TIFF, BMP), a DICOM file with
    /// all slices in it, a folder of such files, a folder with a DICOM series, a folder that holds `imaging.nii.gz`, or
    /// a folder of those.
    ///
    /// A case's name is its file's without the ending, or its folder's. Files `case_0000.nii.gz`, `case_0001.nii.gz` …
    /// in one place are the channels of one case, if they are numbered from 0000 without gaps. Refused where a path
    /// holds no scan or two cases have one name.
    pub fn find(paths: &[PathBuf]) -> Result<Self> {
        let mut found = Found::default();
        for path in paths {
            if path.is_dir() {
                found.folder(path)?;
            } else {
                ensure!(path.exists(), "expected a scan at {}, found nothing", path.display());
                found.file(path)?;
            }
        }
        let scans = found.scans()?;
        ensure!(!scans.is_empty(), "expected files or folders of scans, found none");
        Ok(Self { scans })
    }
}

impl DataSource for ScanFiles {
    fn ids(&self) -> Result<Vec<SampleId>> {
        Ok(self.scans.keys().cloned().collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        Ok(Sample { id: id.clone(), image: self.load_image(id)?, labels: None })
    }

    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        read_channels(&self.paths(id)?)
    }

    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        read_geometry(&self.paths(id)?)
    }

    fn files(&self, id: &SampleId) -> Result<SampleFiles> {
        let SampleFiles { images, labels } = self.paths(id)?;
        let all: Vec<_> = images.iter().map(|path| files_of(path)).collect::<Result<_>>()?;
        Ok(SampleFiles { images: all.concat(), labels })
    }
}

impl ScanFiles {
    /// The paths of a case as its readers take them: a series is its folder.
    fn paths(&self, id: &SampleId) -> Result<SampleFiles> {
        let images = self.scans.get(id).with_context(|| format!("expected a scan named {id}, found none"))?;
        Ok(SampleFiles { images: images.clone(), labels: None })
    }
}

/// Case folders and files, before files are put together as channels.
#[derive(Default)]
struct Found {
    cases: Vec<(SampleId, Vec<PathBuf>)>,
    /// Files by folder and name without ending.
    files: BTreeMap<PathBuf, BTreeMap<String, PathBuf>>,
}

impl Found {
    fn folder(&mut self, folder: &Path) -> Result<()> {
        if self.case_folder(folder)? {
            return Ok(());
        }
        let mut n_scans = 0;
        for name in names(folder)? {
            let path = folder.join(name);
            if path.is_dir() {
                n_scans += usize::from(self.case_folder(&path)?);
            } else if without_ending(&path).is_some() {
                self.file(&path)?;
                n_scans += 1;
            }
        }
        ensure!(
            n_scans > 0,
            "expected .nii or .nii.gz files, pictures, or folders with {SCAN} or a DICOM series, in {}, found none",
            folder.display()
        );
        Ok(())
    }

    fn case_folder(&mut self, folder: &Path) -> Result<bool> {
        let scan = if folder.join(SCAN).is_file() {
            folder.join(SCAN)
        } else if is_series(folder)? {
            folder.to_owned()
        } else {
            return Ok(false);
        };
        // The name of a folder given as `.` stands in the path that it is short for.
        let folder = folder.canonicalize()?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        self.cases.push((name.as_ref().into(), vec![scan]));
        Ok(true)
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let dicom = path.file_stem().filter(|_| has_dicom_ending(path)).and_then(|stem| stem.to_str());
        let stem = without_ending(path).or(dicom).with_context(|| {
            format!("expected a NIfTI or DICOM file or a picture, found {}", path.display())
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let earlier = self.files.entry(folder).or_default().insert(stem.to_owned(), path.to_owned());
        match earlier {
            Some(earlier) if earlier != path => Err(same_name(stem, &earlier, path)),
            _ => Ok(()),
        }
    }

    fn scans(self) -> Result<BTreeMap<SampleId, Vec<PathBuf>>> {
        let mut cases = self.cases;
        for files in self.files.into_values() {
            let starts_at_0 = |case: &str| files.contains_key(&format!("{case}_0000"));
            for (stem, path) in &files {
                match case_and_channel(stem).filter(|(case, _)| starts_at_0(case)) {
                    // Names are sorted: a case's channels follow its first in their order.
                    Some((case, 0)) => cases.push((case.into(), vec![path.clone()])),
                    Some((case, channel)) => {
                        let channels = cases.iter_mut().rev().find(|(id, _)| id.0 == case);
                        let (_, channels) =
                            channels.context("a case's first channel comes before the others")?;
                        ensure!(
                            channels.len() == channel,
                            "expected channel {} of {case} before {}, found none",
                            channels.len(),
                            path.display()
                        );
                        channels.push(path.clone());
                    }
                    None => cases.push((stem.as_str().into(), vec![path.clone()])),
                }
            }
        }
        let mut scans: BTreeMap<SampleId, Vec<PathBuf>> = BTreeMap::new();
        for (id, images) in cases {
            if let Some(earlier) = scans.get(&id) {
                ensure!(*earlier == images, same_name(&id.0, &earlier[0], &images[0]));
            }
            scans.insert(id, images);
        }
        Ok(scans)
    }
}

/// The scan in a case folder.
const SCAN: &str = "imaging.nii.gz";

fn same_name(id: &str, one: &Path, other: &Path) -> anyhow::Error {
    anyhow::anyhow!("expected one scan named {id}, found {} and {}", one.display(), other.display())
}
