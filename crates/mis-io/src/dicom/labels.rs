//! Labels of either kind of DICOM object.

use std::path::Path;

use anyhow::{Result, bail};
use dicom_dictionary_std::uids;
use mis_core::{ClassTable, Geometry, LabelMap};

use super::file::{DicomFile, Part};
use super::{read_segmentation, read_structure_set, region_names, segment_names};
use crate::Others;

/// Reads a segmentation or a structure set, whichever the file is, onto the lattice of its scan.
pub fn read_labels(
    path: &Path,
    lattice: &Geometry,
    classes: &ClassTable,
    others: Others,
) -> Result<LabelMap> {
    match Kind::of(path)? {
        Kind::Segmentation => read_segmentation(path, lattice, classes, others),
        Kind::StructureSet => read_structure_set(path, lattice, classes, others),
    }
}

/// The names of what a segmentation or a structure set marks, in their order.
pub fn label_names(path: &Path) -> Result<Vec<String>> {
    match Kind::of(path)? {
        Kind::Segmentation => segment_names(path),
        Kind::StructureSet => region_names(path),
    }
}

enum Kind {
    Segmentation,
    StructureSet,
}

impl Kind {
    fn of(path: &Path) -> Result<Self> {
        let class = DicomFile::open(path, Part::Header)?.class();
        match class.as_str() {
            uids::SEGMENTATION_STORAGE | uids::LABEL_MAP_SEGMENTATION_STORAGE => Ok(Self::Segmentation),
            uids::RT_STRUCTURE_SET_STORAGE => Ok(Self::StructureSet),
            _ => bail!(
                "{}: expected a DICOM segmentation or structure set, found an object of class {class}",
                path.display()
            ),
        }
    }
}
