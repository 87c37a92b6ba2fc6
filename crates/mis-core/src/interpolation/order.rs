//! How a value between voxels comes about.

use serde::{Deserialize, Serialize};

/// How grey values between voxels come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The value of the nearest voxel.
    Nearest,
    /// A blend of the 8 voxels around.
    Linear,
    /// The cubic B-spline through all voxels (SciPy's order 3 with prefilter). It is smooth and sharp, and overshoots
    /// beside steep edges.
    Cubic,
}

/// How classes between voxels come about. No choice ever makes a class that the voxels around do not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelOrder {
    /// The class of the nearest voxel.
    Nearest,
    /// Each class's mask is interpolated linearly and the largest share wins, the higher class at a tie. Where a class
    /// has half a voxel or more it is nnU-Net's and MIScnn's `>= 0.5`; where none has, they leave background, though
    /// there may be none around.
    #[default]
    OneHotLinear,
}
