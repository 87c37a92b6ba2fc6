//! Labels where there is no scan.

use mis_core::IGNORE;
use serde::{Deserialize, Serialize};

/// The label of what lies beyond the scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// Background: every voxel has a class.
    #[default]
    Background,
    /// [`IGNORE`], for losses that leave such voxels out.
    Ignore,
}

impl Outside {
    /// The label.
    #[must_use]
    pub fn label(self) -> u8 {
        match self {
            Self::Background => 0,
            Self::Ignore => IGNORE,
        }
    }
}
