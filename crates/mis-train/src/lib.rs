//! Training and prediction with exact checkpoints, on libtorch.
