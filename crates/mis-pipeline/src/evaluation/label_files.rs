//! Label maps in a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use mis_core::{ClassTable, Geometry, LabelMap, SampleId};
use mis_io::{nifti, picture};

/// The label maps in a folder by the names of their cases: `case_7.nii.gz`, pictures, or folders of cases with
/// `segmentation.nii.gz`; or one file. Refused where there is none, or two of one name.
pub(crate) fn label_files(path: &Path) -> Result<BTreeMap<SampleId, PathBuf>> {
    if path.is_file() {
        let name = name_of(path)
            .with_context(|| format!("expected a NIfTI file or a picture, found {}", path.display()))?;
        return Ok(BTreeMap::from([(name, path.to_owned())]));
    }
    ensure!(path.is_dir(), "expected label maps in {}, found no folder", path.display());
    let mut entries = fs::read_dir(path)
        .and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        })
        .with_context(|| format!("cannot read {}", path.display()))?;
    entries.sort();
    let mut files: BTreeMap<SampleId, PathBuf> = BTreeMap::new();
    for entry in entries {
        let in_folder = entry.join(CASE_FILE);
        let (id, file) = if in_folder.is_file() {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            (SampleId::from(&*name), in_folder)
        } else {
            match name_of(&entry).filter(|_| entry.is_file()) {
                Some(id) => (id, entry),
                None => continue,
            }
        };
        if let Some(other) = files.insert(id.clone(), file.clone()) {
            anyhow::bail!("expected one label map of {id}, found {} and {}", other.display(), file.display());
        }
    }
    ensure!(
        !files.is_empty(),
        "expected label maps (.nii, .nii.gz, pictures, or folders with {CASE_FILE}) in {}, found none",
        path.display()
    );
    Ok(files)
}

/// A case's label map in a folder of its own.
const CASE_FILE: &str = "segmentation.nii.gz";

/// The name of the case that a label file is of; none where it is of another kind.
fn name_of(path: &Path) -> Option<SampleId> {
    let name = path.file_name()?.to_str()?;
    let lower = name.to_ascii_lowercase();
    let mut endings = [".nii.gz", ".nii"].into_iter().chain(picture::ENDINGS);
    let ending = endings.find(|ending| lower.ends_with(ending))?;
    let stem = &name[..name.len() - ending.len()];
    (!stem.is_empty() && !stem.starts_with('.')).then(|| stem.into())
}

/// The lattice of a label file, from its header alone.
pub(crate) fn lattice(path: &Path) -> Result<Geometry> {
    if picture::is_picture(path) {
        picture::read_geometry(path)
    } else {
        Ok(nifti::read_header(path)?.geometry())
    }
}

/// A label file's class indices.
pub(crate) fn read(path: &Path, classes: &ClassTable) -> Result<LabelMap> {
    if picture::is_picture(path) {
        picture::read_labels(path, Some(classes))
    } else {
        nifti::read_labels(path, Some(classes))
    }
}
