//! `mis convert`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{ConvertJob, convert};

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
pub(crate) struct Convert {
    /// A NIfTI file, a picture, a DICOM file, or the folder of a series
    input: PathBuf,
    /// The file to write: .nii, .nii.gz or .dcm
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The scan that INPUT's labels were drawn on
    #[arg(long, value_name = "SCAN")]
    on: Option<PathBuf>,
    /// Names of the label values 0, 1, 2 … [default: the DICOM object's own, from 1 on]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "on")]
    classes: Option<Vec<String>>,
}

impl Convert {
    pub(crate) fn run(&self) -> Result<()> {
        let job = ConvertJob {
            input: self.input.clone(),
            scan: self.on.clone(),
            classes: self.classes.clone(),
            out: self.out.clone(),
        };
        for (value, name) in convert(&job)?.iter().enumerate() {
            println!("{value}\t{name}");
        }
        Ok(())
    }
}
