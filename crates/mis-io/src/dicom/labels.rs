//! Labels of either kind of DICOM object.

use std::path::Path;

use anyhow::{Result, bail};
use dicom_dictionary_std::uids;
use mis_core::{ClassTable, Geometry, LabelMap};

use super::file::{DicomFile, Part};
use super::{read_segmentation, read_structure_set};
use crate::Others;

/// Reads a segmentation or a structure set, whichever the file is, onto the lattice of its scan.
pub fn read_labels(
    path: &Path,
    lattice: &Geometry,
    classes: &ClassTable,
    others: Others,
) -> Result<LabelMap> {
    let class = DicomFile::open(path, Part::Header)?.class();
    match class.as_str() {
        uids::SEGMENTATION_STORAGE | uids::LABEL_MAP_SEGMENTATION_STORAGE => {
            read_segmentation(path, lattice, classes, others)
        }
        uids::RT_STRUCTURE_SET_STORAGE => read_structure_set(path, lattice, classes, others),
        _ => bail!(
            "{}: expected a DICOM segmentation or structure set, found an object of class {class}",
            path.display()
        ),
    }
}
