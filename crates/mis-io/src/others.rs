//! What becomes of drawn regions that no class names.

use serde::{Deserialize, Serialize};

/// What becomes of segments and regions of a DICOM object that no class names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// They are an error that lists them.
    #[default]
    Refused,
    /// They are background, as the body's outline and help structures of a therapy plan are to be.
    Background,
}
