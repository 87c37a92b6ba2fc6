//! What a network is built for.

use serde::{Deserialize, Serialize};

/// Whether a network looks at planes or at volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dims {
    /// Planes: the network sees `(batch, channel, i, j)`.
    #[serde(rename = "2d")]
    Two,
    /// Volumes: the network sees `(batch, channel, i, j, k)`.
    #[serde(rename = "3d")]
    Three,
}

impl Dims {
    /// The rank that fits a patch: planes where it is one voxel deep along k.
    #[must_use]
    pub fn of_patch(patch_size: [usize; 3]) -> Self {
        if patch_size[2] == 1 { Self::Two } else { Self::Three }
    }

    /// Number of spatial axes.
    #[must_use]
    pub fn n_axes(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

/// What a network is built for: its input's channels, its classes and its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ModelSpec {
    /// Channels of the image.
    pub n_channels: usize,
    /// Outputs, one logit each: classes, background included, or regions.
    pub n_classes: usize,
    /// Planes or volumes.
    pub dims: Dims,
}
