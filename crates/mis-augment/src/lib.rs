//! Spatial and intensity augmentation of images together with their labels.
