//! U-Nets and segmentation losses on libtorch.
