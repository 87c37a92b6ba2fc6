//! Which reader takes a file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{ClassTable, Geometry, LabelMap, Volume};

use crate::folder::names;
use crate::{Others, nifti, picture};

/// What a path holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Nifti,
    Picture,
    /// A file, or a folder of the files of a series.
    Dicom,
}

impl Format {
    fn of(path: &Path) -> Self {
        if picture::is_picture(path) {
            Self::Picture
        } else if path.is_dir() || has_dicom_ending(path) {
            Self::Dicom
        } else {
            Self::Nifti
        }
    }
}

/// Whether a file is one of DICOM's, by its name.
pub(crate) fn has_dicom_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("dcm"))
}

/// Whether a folder is the series of a scan: it holds files that are named as DICOM's.
pub(crate) fn is_series(folder: &Path) -> Result<bool> {
    Ok(names(folder)?.iter().any(|name| has_dicom_ending(Path::new(name)) && folder.join(name).is_file()))
}

/// The files behind a path: those of a series' folder, else itself.
pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let files = names(path)?.into_iter().map(|name| path.join(name)).filter(|path| path.is_file());
    Ok(files.collect())
}

/// Reads a scan of any format: NIfTI, a picture, or a DICOM file or the folder of a series.
pub fn read_scan(path: &Path) -> Result<Volume> {
    match Format::of(path) {
        Format::Nifti => nifti::read_image(path),
        Format::Picture => picture::read_image(path),
        Format::Dicom => dicom_scan(path),
    }
}

pub(crate) fn read_lattice(path: &Path) -> Result<Geometry> {
    match Format::of(path) {
        Format::Nifti => Ok(nifti::read_header(path)?.geometry()),
        Format::Picture => picture::read_geometry(path),
        Format::Dicom => dicom_lattice(path),
    }
}

/// How raw labels become class indices.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading<'a> {
    pub(crate) classes: Option<&'a ClassTable>,
    pub(crate) others: Others,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(classes: Option<&'a ClassTable>) -> Self {
        Self { classes, others: Others::default() }
    }
}

/// Reads labels of any format for the scan in a file, mapping values to classes by the table; without one values are
/// taken as they are, and a DICOM object, whose regions have names, is refused.
pub fn read_label_map(path: &Path, scan: &Path, classes: Option<&ClassTable>) -> Result<LabelMap> {
    read_label_file(path, scan, Reading::of(classes))
}

/// Labels; a DICOM object is drawn onto the lattice of its scan.
pub(crate) fn read_label_file(path: &Path, scan: &Path, reading: Reading<'_>) -> Result<LabelMap> {
    ensure!(path.exists(), "expected the labels in {}, found no file", path.display());
    match Format::of(path) {
        Format::Nifti => nifti::read_labels(path, reading.classes),
        Format::Picture => picture::read_labels(path, reading.classes),
        Format::Dicom => {
            let lattice = read_lattice(scan)?;
            let classes = reading.classes.with_context(|| {
                format!("{}: expected a class table, by whose names regions are known", path.display())
            })?;
            dicom_labels(&only_file(path)?, &lattice, classes, reading.others)
        }
    }
}

/// Whether labels are a DICOM object, which is drawn onto the lattice of its scan and has none of its own.
pub(crate) fn is_drawn(labels: &Path) -> bool {
    Format::of(labels) == Format::Dicom
}

/// The one file of a folder that holds an annotation, or the file itself.
fn only_file(path: &Path) -> Result<PathBuf> {
    let mut files = files_of(path)?;
    match (files.pop(), files.len()) {
        (Some(file), 0) => Ok(file),
        (_, others) => bail!(
            "expected one file with the labels in {}, found {}",
            path.display(),
            if others == 0 { 0 } else { others + 1 }
        ),
    }
}

#[cfg(feature = "dicom")]
fn dicom_scan(path: &Path) -> Result<Volume> {
    crate::dicom::Series::open(path)?.read().with_context(|| path.display().to_string())
}

#[cfg(feature = "dicom")]
fn dicom_lattice(path: &Path) -> Result<Geometry> {
    Ok(crate::dicom::Series::open(path)?.geometry())
}

#[cfg(feature = "dicom")]
fn dicom_labels(path: &Path, lattice: &Geometry, classes: &ClassTable, others: Others) -> Result<LabelMap> {
    crate::dicom::read_labels(path, lattice, classes, others)
}

#[cfg(not(feature = "dicom"))]
fn dicom_scan(path: &Path) -> Result<Volume> {
    bail!("{}: DICOM is read with the feature \"dicom\" of mis-io only", path.display())
}

#[cfg(not(feature = "dicom"))]
fn dicom_lattice(path: &Path) -> Result<Geometry> {
    bail!("{}: DICOM is read with the feature \"dicom\" of mis-io only", path.display())
}

#[cfg(not(feature = "dicom"))]
fn dicom_labels(path: &Path, _: &Geometry, _: &ClassTable, _: Others) -> Result<LabelMap> {
    bail!("{}: DICOM is read with the feature \"dicom\" of mis-io only", path.display())
}
