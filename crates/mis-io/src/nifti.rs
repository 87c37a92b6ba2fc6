//! NIfTI files: what scanners' exports, public data sets and other tools of the field exchange.
//!
//! NIfTI-1 and NIfTI-2, either byte order, single files and pairs, compressed or not.

mod fill;
mod gunzip;
mod gzip;
mod header;
mod header_bytes;
mod labels;
mod opened;
mod placement;
mod read;
mod stretches;
mod voxel_type;
mod write;

pub use header::NiftiHeader;
pub use read::{is_nifti, read_header, read_image, read_labels};
pub use voxel_type::VoxelType;
pub use write::{write_labels, write_volume, write_volume_as};
