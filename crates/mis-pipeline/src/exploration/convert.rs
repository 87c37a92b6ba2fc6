//! Files of one format as another.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{ClassTable, LabelMap};
use mis_io::nifti::{self, NiftiHeader, VoxelType};
use mis_io::{Others, dicom, read_label_map, read_scan};

/// A scan, or labels on a scan, to be written in another format.
#[derive(Clone, Debug)]
pub struct ConvertJob {
    /// The scan: NIfTI, a picture, a DICOM file or the folder of a series. With `scan`, labels on it: NIfTI, a picture, a
    /// DICOM segmentation or structure set.
    pub input: PathBuf,
    /// The scan that the input's labels were drawn on.
    pub scan: Option<PathBuf>,
    /// The classes and their values in the input; without them a DICOM object's own names make the values 1, 2 … in their
    /// order.
    pub classes: Option<ClassTable>,
    /// The NIfTI file (`.nii` or `.nii.gz`), or for labels on a DICOM series a segmentation (`.dcm`).
    pub out: PathBuf,
}

/// Writes a scan or labels in the format that the file's ending asks for, on the same lattice. Returns the names of the
/// label values, from 0 on, where labels were read or written by name.
///
/// A scan of integers is written in 16 bits where they fit, else in `f32`: no value changes.
pub fn convert(job: &ConvertJob) -> Result<Vec<String>> {
    let name = job.out.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    match (&job.scan, name.ends_with(".dcm")) {
        (Some(scan), true) => to_segmentation(job, scan),
        (Some(scan), false) => to_labels(job, scan),
        (None, true) => {
            bail!("expected the series that the labels were drawn on, to write a DICOM segmentation")
        }
        (None, false) => to_scan(job),
    }
}

fn to_scan(job: &ConvertJob) -> Result<Vec<String>> {
    check_is_nifti(&job.out)?;
    let scan = read_scan(&job.input)
        .context("cannot read a scan (labels of a DICOM object need the scan they were drawn on)")?;
    let fits = |value: &f32| f32::from(*value as i16) == *value;
    let voxel_type = if scan.as_slice().iter().all(fits) { VoxelType::I16 } else { VoxelType::F32 };
    nifti::write_volume_as(&job.out, &scan, header(&job.input)?.as_ref(), voxel_type)?;
    Ok(Vec::new())
}

fn to_labels(job: &ConvertJob, scan: &Path) -> Result<Vec<String>> {
    check_is_nifti(&job.out)?;
    let (labels, classes) = labels(job, scan)?;
    nifti::write_labels(&job.out, &labels, header(scan)?.as_ref())?;
    Ok(classes.map(|classes| classes.names()).unwrap_or_default())
}

fn to_segmentation(job: &ConvertJob, scan: &Path) -> Result<Vec<String>> {
    let series = dicom::Series::open(scan)?;
    let (labels, classes) = labels(job, scan)?;
    let classes = match classes {
        Some(classes) => classes,
        None => {
            let n = labels.as_slice().iter().max().map_or(0, |&label| usize::from(label) + 1);
            let name = |value| if value == 0 { "background".into() } else { format!("label {value}") };
            ClassTable::from_names((0..n).map(name))?
        }
    };
    dicom::write_segmentation(&job.out, &labels, &series, &classes)?;
    Ok(classes.names())
}

/// The input's labels, and their classes where they have names.
fn labels(job: &ConvertJob, scan: &Path) -> Result<(LabelMap, Option<ClassTable>)> {
    let is_drawn = job.input.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("dcm"));
    let classes = match &job.classes {
        None if is_drawn => {
            let names = [vec!["background".to_owned()], dicom::label_names(&job.input)?].concat();
            Some(ClassTable::from_names(names)?)
        }
        classes => classes.clone(),
    };
    let labels = match &classes {
        // Whoever names classes asks for these alone.
        Some(classes) if is_drawn => {
            dicom::read_labels(&job.input, &read_scan(scan)?.geometry(), classes, Others::Background)?
        }
        classes => read_label_map(&job.input, scan, classes.as_ref())?,
    };
    Ok((labels, classes))
}

/// What a NIfTI file's header says beyond its lattice, to be carried over.
fn header(path: &Path) -> Result<Option<NiftiHeader>> {
    nifti::is_nifti(path).then(|| nifti::read_header(path)).transpose()
}

fn check_is_nifti(out: &Path) -> Result<()> {
    ensure!(nifti::is_nifti(out), "expected a file .nii or .nii.gz to write, got {}", out.display());
    Ok(())
}
