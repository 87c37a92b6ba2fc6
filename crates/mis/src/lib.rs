//! Medical image segmentation: the facade of the mis crates.
