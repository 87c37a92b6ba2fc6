//! Grey values where there is no image.

use serde::{Deserialize, Serialize};

use crate::statistics;

/// The grey value outside the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// The channel's smallest value: air in a CT, the lowest z-score after normalization.
    #[default]
    Minimum,
    /// This value.
    Value(f32),
}

impl Fill {
    /// The value for this channel.
    #[must_use]
    pub fn of(self, channel: &[f32]) -> f32 {
        match self {
            Self::Minimum => statistics(channel).min,
            Self::Value(value) => value,
        }
    }
}
