//! What a report shows beside its scores.

use anyhow::{Context as _, Result, ensure};
use mis_eval::OverlayStyle;
use serde::{Deserialize, Serialize};

/// What the report of a cross-validation shows beside its scores, and what that may cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReportConfig {
    /// Cases that are shown, at most, of each fold as animations in `overlays/` and of all folds on the page: the worst,
    /// the best and the median of each class.
    pub cases: usize,
    /// How they are shown. On the page a case has at most six slices, with a panel for errors.
    pub overlay: OverlayStyle,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self { cases: 6, overlay: OverlayStyle::default() }
    }
}

impl ReportConfig {
    /// Says which value cannot be.
    pub fn check(&self) -> Result<()> {
        ensure!(self.cases <= 1000, "cases must be at most 1000, got {}", self.cases);
        self.overlay.check().context("overlay")
    }
}
