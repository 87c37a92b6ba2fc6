//! `mis convert`.

use std::path::PathBuf;

use clap::Args;
use mis_core::ClassTable;

/// Writes a scan or labels in another format: DICOM series and pictures as NIfTI, labels as NIfTI or DICOM segmentation
///
/// The lattice stays what it is, and no value changes. INPUT is a scan, or with --on the labels that were drawn on one: a
/// label map, a DICOM segmentation or a structure set. The ending of --out says what is written: .nii or .nii.gz, or .dcm
/// for a segmentation that a viewer lays over the series. Named labels are listed, each with its value.
///
/// Examples:
///   mis convert series/ --out scan.nii.gz
///   mis convert rtstruct.dcm --on series/ --out labels.nii.gz
///   mis convert prediction.nii.gz --on series/ --classes background,kidney,tumor --out prediction.dcm
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Convert {
    /// A NIfTI file, a picture, a DICOM file, or the folder of a series
    pub input: PathBuf,
    /// The file to write: .nii, .nii.gz or .dcm
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The scan that INPUT's labels were drawn on
    #[arg(long, value_name = "SCAN")]
    pub on: Option<PathBuf>,
    /// Names of the label values 0, 1, 2 …; nucleus=255 for another value [default: the DICOM object's own, from 1 on]
    #[arg(long, value_name = "NAMES", requires = "on")]
    pub classes: Option<ClassTable>,
}
