//! The patches of an experiment.

use std::sync::Arc;

use anyhow::{Result, ensure};
use mis_core::PatchSampler;
use serde::{Deserialize, Serialize};

use crate::skip_blank::as_switch;
use crate::{
    Foreground, ForegroundCrop, GridPatches, LastBatch, PatchGrid, PatchRules, PerVisit, Placement,
    RandomCrop, SkipBlank, SkipDark,
};

/// Which patches an experiment trains on, and the grid that it predicts on: the `[patches]` table of its file.
///
/// ```
/// let patches: mis_patch::Patches = toml::from_str(
///     r#"
///     size = [80, 160, 160]
///     overlap = [40, 80, 80]
///     placement = "evenly-spread"
///     sampling = "grid"
///     last-batch = "drop"
///     skip-blank = { min-foreground = 0.001, keep-rate = 0.1 }
///     skip-dark = { at-most = -1.5, share = 0.95 }
///     "#,
/// )?;
/// patches.check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patches {
    /// Voxels of a patch along i, j and k; 1 along k trains a 2-D network on slices.
    pub size: [usize; 3],
    /// Voxels that neighbors of the grid share.
    #[serde(default)]
    pub overlap: [usize; 3],
    /// Where the grid's patches stand along an axis that is no multiple of their step.
    #[serde(default)]
    pub placement: Placement,
    /// Where training patches are taken.
    #[serde(default)]
    pub sampling: Sampling,
    /// Whether training leaves out patches of one class alone. Random crops are then drawn from the grid.
    #[serde(default, with = "as_switch")]
    pub skip_blank: Option<SkipBlank>,
    /// Which patches training leaves out by their grey values. Random crops are then drawn from the grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_dark: Option<SkipDark>,
    /// How many of the random crops are centered on the foreground; without it, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreground: Option<Foreground>,
    /// What becomes of the last patches of an epoch of training where they do not fill a batch.
    #[serde(default)]
    pub last_batch: LastBatch,
}

/// Where training patches are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// One random patch per visit to a case.
    #[default]
    RandomCrop,
    /// All patches of the grid.
    Grid,
}

impl Patches {
    /// The grid of prediction and validation.
    #[must_use]
    pub fn grid(&self) -> PatchGrid {
        PatchGrid { patch_size: self.size, overlap: self.overlap }
    }

    /// Says which value cannot be, or which two cannot be together.
    pub fn check(&self) -> Result<()> {
        self.grid().check()?;
        if let Some(rule) = &self.skip_blank {
            rule.check()?;
        }
        if let Some(rule) = &self.skip_dark {
            rule.check()?;
        }
        if let Some(foreground) = &self.foreground {
            foreground.check()?;
            let crops = self.sampling == Sampling::RandomCrop && self.rules() == PatchRules::default();
            ensure!(
                crops,
                "patches: foreground is for random crops of the whole scan: leave out sampling = \"grid\", skip-blank \
                 and skip-dark, or foreground"
            );
        }
        Ok(())
    }

    /// Says what does not fit images of so many channels with so many classes, background included.
    pub fn check_data(&self, n_channels: usize, n_classes: usize) -> Result<()> {
        if let Some(rule) = &self.skip_dark {
            rule.check_channels(n_channels)?;
        }
        match &self.foreground {
            Some(foreground) => foreground.check_classes(n_classes),
            None => Ok(()),
        }
    }

    /// What chooses the training patches of one data set.
    #[must_use]
    pub fn sampler(&self) -> Arc<dyn PatchSampler> {
        let rules = self.rules();
        let from_grid = |per_visit| Arc::new(GridPatches::new(self.grid(), self.placement, rules, per_visit));
        match (self.sampling, &self.foreground) {
            (Sampling::Grid, _) => from_grid(PerVisit::All),
            (Sampling::RandomCrop, _) if rules != PatchRules::default() => from_grid(PerVisit::One),
            (Sampling::RandomCrop, Some(foreground)) => {
                Arc::new(ForegroundCrop::new(self.size, foreground.clone()))
            }
            (Sampling::RandomCrop, None) => Arc::new(RandomCrop { patch_size: self.size }),
        }
    }

    fn rules(&self) -> PatchRules {
        PatchRules { blank: self.skip_blank, dark: self.skip_dark }
    }
}

impl From<PatchGrid> for Patches {
    fn from(grid: PatchGrid) -> Self {
        let PatchGrid { patch_size: size, overlap } = grid;
        Self {
            size,
            overlap,
            placement: Placement::default(),
            sampling: Sampling::default(),
            skip_blank: None,
            skip_dark: None,
            foreground: None,
            last_batch: LastBatch::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Patches> {
        Ok(toml::from_str(&format!("size = [8, 8, 8]\n{more}"))?)
    }

    #[track_caller]
    fn check_refused(more: &str, expected: &str) {
        let error = read(more).and_then(|patches| patches.check()).unwrap_err();
        assert!(format!("{error:#}").contains(expected), "{error:#}");
    }

    #[test]
    fn every_option_reads_back_as_it_was_written() {
        for more in [
            "",
            "skip-blank = true",
            "skip-blank = { keep-rate = 0.1 }\nskip-dark = { at-most = -1.0 }\nsampling = \"grid\"",
            "placement = \"evenly-spread\"\nforeground = { share = 0.33, class-weights = [0.0, 1.0, 4.0] }",
        ] {
            let patches = read(more).unwrap();
            patches.check().unwrap();
            let again: Patches = toml::from_str(&toml::to_string(&patches).unwrap()).unwrap();
            assert_eq!(patches, again);
        }
        assert_eq!(read("skip-blank = true").unwrap().skip_blank, Some(SkipBlank::default()));
        assert_eq!(read("skip-blank = false").unwrap().skip_blank, None);
    }

    #[test]
    fn a_value_that_cannot_be_is_refused_by_name() {
        check_refused("overlap = [0, 8, 0]", "overlap along j must be less than the size 8, got 8");
        check_refused("skip-blank = { keep-rate = 2 }", "keep-rate of skip-blank must be 0 to 1, got 2");
        check_refused("skip-blank = { keep = 1 }", "unknown field `keep`, expected");
        check_refused("skip-dark = { at-most = 0, share = 0 }", "share of skip-dark must be above 0");
        check_refused("foreground = { share = -1 }", "share of foreground must be 0 to 1, got -1");
        check_refused("foreground = { share = 0.3, class-weights = [0, 0] }", "one of them positive");
        check_refused("skip-blank = true\nforeground = { share = 0.3 }", "foreground is for random crops");
    }

    #[test]
    fn what_does_not_fit_the_data_is_refused_with_both_numbers() {
        let patches = read("foreground = { share = 0.3, class-weights = [0, 1] }").unwrap();
        let error = patches.check_data(1, 3).unwrap_err().to_string();
        assert!(error.contains("each of the 3 classes, background first, found 2"), "{error}");
        let patches = read("skip-dark = { at-most = 0, channel = 2 }").unwrap();
        assert!(patches.check_data(2, 3).unwrap_err().to_string().contains("below the 2 channels"));
    }
}
