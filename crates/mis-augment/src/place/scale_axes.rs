//! Which axes share a scale.

use serde::{Deserialize, Serialize};

/// Whether all axes of a patch have one scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleAxes {
    /// One for all: shapes stay.
    #[default]
    Together,
    /// One drawn for each.
    Each,
}
