//! Training patches from the grid, blank ones left out on request.

use mis_core::{LabelMap, PatchLocation, PatchSampler, Sample, SampleRng};
use rand::seq::IndexedRandom as _;
use serde::{Deserialize, Serialize};

use crate::PatchGrid;

/// What happens to blank patches: those all of whose voxels are background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blanks {
    /// They are trained on like others.
    #[default]
    Keep,
    /// They are left out; one voxel of another class keeps a patch. A case of background alone is passed over.
    Skip,
}

/// The patches of a grid: all of them, or one drawn uniformly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridPatches {
    /// Where they lie.
    pub grid: PatchGrid,
    /// What happens to blank ones; patches without labels count as not blank.
    pub blanks: Blanks,
    /// Whether a visit gives all of them, or one.
    pub per_visit: PerVisit,
}

/// How many patches a visit to a case gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerVisit {
    /// All, in the grid's order.
    All,
    /// One, drawn uniformly.
    One,
}

impl PatchSampler for GridPatches {
    fn locations(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation> {
        let mut locations = self.grid.locations(sample.image.shape());
        if let (Blanks::Skip, Some(labels)) = (self.blanks, &sample.labels) {
            locations.retain(|at| !is_blank(labels, at));
        }
        match self.per_visit {
            PerVisit::All => locations,
            PerVisit::One => locations.choose(rng).copied().into_iter().collect(),
        }
    }
}

fn is_blank(labels: &LabelMap, at: &PatchLocation) -> bool {
    let shape = labels.shape();
    let [is, js, ks] = [0, 1, 2].map(|axis| at.overlap(axis, shape[axis]).1);
    let labels = labels.as_slice();
    is.into_iter().all(|i| {
        js.clone()
            .all(|j| labels[(i * shape[1] + j) * shape[2]..][ks.clone()].iter().all(|&label| label == 0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::ndarray::{Array3, Array4};
    use mis_core::{Affine, Volume, sample_rng};

    fn sample(foreground: &[[usize; 3]]) -> Sample {
        let affine = Affine::from_spacing([1.0; 3]);
        let mut labels = Array3::zeros([8, 8, 1]);
        for &voxel in foreground {
            labels[voxel] = 1;
        }
        let image = Volume::new(Array4::zeros((1, 8, 8, 1)), affine).unwrap();
        Sample { id: "scan".into(), image, labels: Some(LabelMap::new(labels, affine).unwrap()) }
    }

    #[test]
    fn one_voxel_keeps_a_patch_and_a_blank_case_has_none() {
        let grid = PatchGrid { patch_size: [4, 4, 1], overlap: [0; 3] };
        let sampler = GridPatches { grid, blanks: Blanks::Skip, per_visit: PerVisit::All };
        let rng = &mut sample_rng(0, 0, 0);
        let starts: Vec<_> =
            sampler.locations(&sample(&[[3, 4, 0], [7, 7, 0]]), rng).iter().map(|at| at.start).collect();
        assert_eq!(starts, [[0, 4, 0], [4, 4, 0]]);
        assert!(sampler.locations(&sample(&[]), rng).is_empty());
        let one = GridPatches { per_visit: PerVisit::One, ..sampler };
        assert_eq!(one.locations(&sample(&[[0, 0, 0]]), rng)[0].start, [0; 3]);
    }
}
