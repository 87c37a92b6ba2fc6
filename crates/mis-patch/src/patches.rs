//! The patches of an experiment.

use std::sync::Arc;

use anyhow::Result;
use mis_core::PatchSampler;
use serde::{Deserialize, Serialize};

use crate::{Blanks, GridPatches, PatchGrid, PerVisit, RandomCrop};

/// Which patches an experiment trains on, and the grid that it predicts on: the `[patches]` table of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patches {
    /// Voxels of a patch along i, j and k; 1 along k trains a 2-D network on slices.
    pub size: [usize; 3],
    /// Voxels that neighbours of the grid share.
    #[serde(default)]
    pub overlap: [usize; 3],
    /// Where training patches are taken.
    #[serde(default)]
    pub sampling: Sampling,
    /// Whether training leaves out patches of background alone. Random crops are then drawn from the grid.
    #[serde(default)]
    pub skip_blank: bool,
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

    /// Says which side cannot be.
    pub fn check(&self) -> Result<()> {
        self.grid().check()
    }

    /// What chooses the training patches.
    #[must_use]
    pub fn sampler(&self) -> Arc<dyn PatchSampler> {
        let blanks = if self.skip_blank { Blanks::Skip } else { Blanks::Keep };
        match (self.sampling, blanks) {
            (Sampling::RandomCrop, Blanks::Keep) => Arc::new(RandomCrop { patch_size: self.size }),
            (Sampling::RandomCrop, Blanks::Skip) => {
                Arc::new(GridPatches { grid: self.grid(), blanks, per_visit: PerVisit::One })
            }
            (Sampling::Grid, _) => {
                Arc::new(GridPatches { grid: self.grid(), blanks, per_visit: PerVisit::All })
            }
        }
    }
}

impl From<PatchGrid> for Patches {
    fn from(grid: PatchGrid) -> Self {
        let PatchGrid { patch_size: size, overlap } = grid;
        Self { size, overlap, sampling: Sampling::default(), skip_blank: false }
    }
}
