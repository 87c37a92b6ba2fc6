//! DICOM: series of images as a scanner stores them, segmentations and structure sets drawn on them.
//!
//! Compressed pixels are decoded from RLE, JPEG (lossless too) and JPEG 2000; another transfer syntax, such as JPEG-LS,
//! is an error that names it.

mod compressed;
mod file;
mod frame;
mod labels;
mod lengths;
mod named_classes;
mod pixels;
mod run_lengths;
mod segmentation;
mod segmentation_folder;
mod series;
mod structure_set;
mod write_segmentation;

pub use labels::{label_names, read_labels};
pub use segmentation::{read_segmentation, segment_names};
pub use segmentation_folder::SegmentationFolder;
pub use series::Series;
pub use structure_set::{read_structure_set, region_names};
pub use write_segmentation::write_segmentation;
