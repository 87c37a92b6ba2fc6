//! Training patches from the grid, those that teach nothing left out on request.

use mis_core::{PatchLocation, PatchSampler, Sample, SampleRng};
use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use rayon::prelude::*;

use crate::patch_rules::Verdict;
use crate::per_case::PerCase;
use crate::{PatchGrid, PatchRules, Placement};

/// The patches of a grid that its rules leave: all of them, or one drawn uniformly. A case of which they leave none is
/// passed over.
///
/// What the rules say of a case is found out at its first visit and kept by the case's name: a sampler serves one data
/// set.
#[derive(Debug)]
pub struct GridPatches {
    grid: PatchGrid,
    placement: Placement,
    rules: PatchRules,
    per_visit: PerVisit,
    verdicts: PerCase<Vec<Verdict>>,
}

/// How many patches a visit to a case gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerVisit {
    /// All, in the grid's order.
    All,
    /// One, drawn uniformly.
    One,
}

impl GridPatches {
    /// Patches of this grid.
    #[must_use]
    pub fn new(grid: PatchGrid, placement: Placement, rules: PatchRules, per_visit: PerVisit) -> Self {
        Self { grid, placement, rules, per_visit, verdicts: PerCase::default() }
    }

    fn left(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation> {
        let plan = self.grid.plan(sample.image.shape(), self.placement);
        if self.rules.are_none() {
            return plan.locations().collect();
        }
        let verdicts = self.verdicts.get(&sample.id, || {
            let patches: Vec<_> = plan.locations().collect();
            patches.par_iter().map(|at| self.rules.judge(sample, at)).collect()
        });
        let keep_rate = self.rules.keep_rate();
        let is_left = |verdict: Verdict| match verdict {
            Verdict::Keep => true,
            Verdict::Blank => keep_rate > 0.0 && rng.random_bool(keep_rate),
            Verdict::Drop => false,
        };
        let left: Vec<bool> = verdicts.iter().copied().map(is_left).collect();
        plan.locations().zip(left).filter_map(|(at, left)| left.then_some(at)).collect()
    }
}

impl PatchSampler for GridPatches {
    fn locations(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation> {
        let locations = self.left(sample, rng);
        match self.per_visit {
            PerVisit::All => locations,
            PerVisit::One => locations.choose(rng).copied().into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SkipBlank, SkipDark};
    use mis_core::ndarray::{Array3, Array4};
    use mis_core::{Affine, LabelMap, Volume, sample_rng};

    fn sample(id: &str, foreground: &[[usize; 3]]) -> Sample {
        let affine = Affine::from_spacing([1.0; 3]);
        let mut labels = Array3::zeros([8, 8, 1]);
        for &voxel in foreground {
            labels[voxel] = 1;
        }
        let image = Array4::from_shape_fn((1, 8, 8, 1), |(_, i, ..)| if i < 4 { 5.0 } else { -5.0 });
        let image = Volume::new(image, affine).unwrap();
        Sample { id: id.into(), image, labels: Some(LabelMap::new(labels, affine).unwrap()) }
    }

    fn sampler(blank: Option<SkipBlank>, dark: Option<SkipDark>, per_visit: PerVisit) -> GridPatches {
        let grid = PatchGrid { patch_size: [4, 4, 1], overlap: [0; 3] };
        GridPatches::new(grid, Placement::ShiftedBack, PatchRules { blank, dark }, per_visit)
    }

    fn starts(sampler: &GridPatches, sample: &Sample, index: u64) -> Vec<[isize; 3]> {
        sampler.locations(sample, &mut sample_rng(0, 0, index)).iter().map(|at| at.start).collect()
    }

    #[test]
    fn one_voxel_keeps_a_patch_and_a_blank_case_has_none() {
        let all = sampler(Some(SkipBlank::default()), None, PerVisit::All);
        assert_eq!(starts(&all, &sample("a", &[[3, 4, 0], [7, 7, 0]]), 0), [[0, 4, 0], [4, 4, 0]]);
        assert!(starts(&all, &sample("b", &[]), 0).is_empty());
        let one = sampler(Some(SkipBlank::default()), None, PerVisit::One);
        assert_eq!(starts(&one, &sample("a", &[[0, 0, 0]]), 0), [[0; 3]]);
    }

    #[test]
    fn blank_patches_are_kept_at_their_rate() {
        let rule = SkipBlank { min_foreground: 0.0, keep_rate: 0.25 };
        let (all, case) = (sampler(Some(rule), None, PerVisit::All), sample("a", &[[0, 0, 0]]));
        let kept: usize = (0..1000).map(|index| starts(&all, &case, index).len() - 1).sum();
        // 3000 blank patches at 0.25: 750 with a standard deviation of 24.
        assert!((650..850).contains(&kept), "{kept} of 3000 were kept");
        assert!((0..1000).all(|index| starts(&all, &case, index)[0] == [0; 3]));
    }

    #[test]
    fn dark_patches_are_left_out_whatever_their_labels() {
        let dark = SkipDark { at_most: -5.0, share: 1.0, channel: 0 };
        let all = sampler(None, Some(dark), PerVisit::All);
        assert_eq!(starts(&all, &sample("a", &[[7, 7, 0]]), 0), [[0, 0, 0], [0, 4, 0]]);
    }
}
