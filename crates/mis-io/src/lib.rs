//! Reads scans and expert label maps, and writes predictions on the scan's own lattice.
pub mod nifti;
