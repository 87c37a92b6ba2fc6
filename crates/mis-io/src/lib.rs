//! Reads scans and expert label maps, and writes predictions on the scan's own lattice.
//!
//! [`nifti`], [`dicom`] and [`picture`] are the file formats; [`CaseFolders`], [`NnunetRaw`], [`PairedFiles`],
//! [`ScanFiles`] and [`InMemory`] are layouts of whole data sets, each a [`DataSource`](mis_core::DataSource), and
//! [`Slices`] and [`Aligned`] change what another one gives; [`Source`] is the form in which an experiment file names
//! one. [`NiftiFolder`] and its kin take predictions, and [`inspection`] says what is in a data set and what is wrong
//! with it. Raw label values become class indices once, at reading; a value that no class names, a missing file and
//! labels that lie elsewhere than their image are errors that name the file.
//!
//! ```
//! use mis_core::ndarray::{Array3, Array4};
//! use mis_core::{Affine, ClassTable, DataSource as _, LabelMap, Volume};
//! use mis_io::{CaseFolders, nifti};
//!
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path();
//! let affine = Affine::from_spacing([3.0, 0.75, 0.75]);
//! let scan = Volume::new(Array4::from_elem((1, 4, 8, 8), -1000.0), affine)?;
//! let tumor = LabelMap::new(Array3::from_elem((4, 8, 8), 2), affine)?;
//! nifti::write_volume(&folder.join("case_00000/imaging.nii.gz"), &scan, None)?;
//! nifti::write_labels(&folder.join("case_00000/segmentation.nii.gz"), &tumor, None)?;
//!
//! let mut cases = CaseFolders::open(folder)?;
//! cases.set_classes(&ClassTable::from_names(["background", "kidney", "tumor"])?);
//! let sample = cases.load(&"case_00000".into())?;
//! assert_eq!((sample.image, sample.labels), (scan, Some(tumor)));
//! # Ok::<(), mis_core::anyhow::Error>(())
//! ```

#[cfg(feature = "dicom")]
pub mod dicom;
pub mod nifti;
pub mod picture;

pub mod inspection;

mod folder;
mod format;
mod name_pattern;
mod others;
mod read_files;
mod scan_name;
mod transpose;

mod aligned;
mod case_folders;
mod in_memory;
mod nnunet_raw;
mod paired_files;
mod scan_files;
mod slices;
mod source;

mod nifti_folder;
mod picture_folder;

pub use aligned::Aligned;
pub use case_folders::CaseFolders;
pub use format::{read_label_map, read_scan};
pub use in_memory::InMemory;
pub use nnunet_raw::NnunetRaw;
pub use others::Others;
pub use paired_files::PairedFiles;
pub use scan_files::ScanFiles;
pub use slices::{SliceSink, Slices};
pub use source::Source;

pub use nifti_folder::NiftiFolder;
pub use picture_folder::PictureFolder;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
