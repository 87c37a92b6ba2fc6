//! Volumes, label maps, geometry, random streams and the open interfaces of the mis medical image segmentation crates.
