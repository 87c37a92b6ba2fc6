//! Patches of a grid put together again.

use std::ops::Range;

use anyhow::{Result, ensure};
use mis_core::ndarray::Array4;
use mis_core::{Affine, PatchLocation, Volume, prefetch, vectorized};
use rayon::prelude::*;

use crate::{GridPlan, MergeWeights};

/// How many rows ahead of the one that is added to memory is asked for; four to eight are alike.
const AHEAD: usize = 4;

/// Adds up patches of class probabilities of a grid with weights, in `f32`, one after the other.
///
/// The grid is known beforehand, and so the sum of weights over each voxel (the product of one sum along each axis), the
/// first patch over it, which needs no zeros to be added to, and the last, after which it is divided: every value is
/// written as often as patches lie over it and no more. Memory is the volume alone, however many patches are added.
#[derive(Debug)]
pub struct GridMerger {
    plan: GridPlan,
    axes: [Axis; 3],
    values: Vec<f32>, // (channel, i, j, k)
    n_channels: usize,
    n_added: usize,
}

impl GridMerger {
    /// A merger for this many channels on a grid.
    #[must_use]
    pub fn new(n_channels: usize, plan: GridPlan, weights: MergeWeights) -> Self {
        let profiles = weights.profiles(plan.patch_size);
        let axes = std::array::from_fn(|axis| {
            Axis::new(&plan.starts[axis], plan.image[axis], profiles[axis].clone())
        });
        let n: usize = plan.image.iter().product();
        Self { plan, axes, values: mis_core::zeros(n_channels * n), n_channels, n_added: 0 }
    }

    /// The patch that comes next; none when all are there.
    #[must_use]
    pub fn next_location(&self) -> Option<PatchLocation> {
        (self.n_added < self.plan.n_patches()).then(|| self.plan.location(self.n_added))
    }

    /// Adds the patch that comes next, `(channel, i, j, k)`; what lies outside the volume is left out.
    ///
    /// # Panics
    /// Where no patch comes next, or the number of values is not that of the patch.
    pub fn add(&mut self, patch: &[f32]) {
        let at = self.next_location().expect("a grid has no more patches than planned");
        let size = at.shape;
        assert_eq!(
            patch.len(),
            self.n_channels * at.n_voxels(),
            "a patch has one value per channel and voxel"
        );
        let along = self.plan.along(self.n_added);
        let [i, j, k] = [0, 1, 2].map(|axis| self.axes[axis].stretch(along[axis]));
        let [axis_i, axis_j, axis_k] = &self.axes;
        let (profile_k, sums_k) =
            (&axis_k.profile[k.before..][..k.voxels.len()], &axis_k.sums[k.voxels.clone()]);
        let (plane, row) = (self.plan.image[1] * self.plan.image[2], self.plan.image[2]);

        let channels = self.values.par_chunks_exact_mut(plane * self.plan.image[0]);
        channels.zip(patch.par_chunks_exact(at.n_voxels())).for_each(|(channel, patch)| {
            let planes = channel[i.voxels.start * plane..i.voxels.end * plane].par_chunks_exact_mut(plane);
            planes.enumerate().for_each(|(plane_idx, target)| {
                for row_idx in 0..j.voxels.len() {
                    let (at_i, at_j) = (i.voxels.start + plane_idx, j.voxels.start + row_idx);
                    if row_idx + AHEAD < j.voxels.len() {
                        prefetch(&target[(at_j + AHEAD) * row + k.voxels.start..][..k.voxels.len()]);
                    }
                    let source = ((i.before + plane_idx) * size[1] + j.before + row_idx) * size[2] + k.before;
                    let part = Row {
                        values: &patch[source..source + k.voxels.len()],
                        weight: axis_i.profile[i.before + plane_idx] * axis_j.profile[j.before + row_idx],
                        weights: profile_k,
                        sum: axis_i.sums[at_i] * axis_j.sums[at_j],
                        sums: sums_k,
                        first: i.is_first(at_i) && j.is_first(at_j),
                        last: i.is_last(at_i) && j.is_last(at_j),
                    };
                    add_row(&mut target[at_j * row + k.voxels.start..][..k.voxels.len()], &part, &k);
                }
            });
        });
        self.n_added += 1;
    }

    /// The weighted mean of what was added, on a lattice. A patch that is missing is an error.
    pub fn finish(self, affine: Affine) -> Result<Volume> {
        let n = self.plan.n_patches();
        ensure!(self.n_added == n, "expected the {n} patches of the grid, {} were added", self.n_added);
        let [i, j, k] = self.plan.image;
        Volume::new(Array4::from_shape_vec((self.n_channels, i, j, k), self.values)?, affine)
    }
}

/// What a grid knows of one axis.
#[derive(Debug)]
struct Axis {
    /// Weights along a patch.
    profile: Vec<f32>,
    /// The sum of weights over each voxel of the volume.
    sums: Vec<f32>,
    /// Each patch's part of the axis.
    stretches: Vec<Stretch>,
}

/// One patch's part of an axis.
#[derive(Clone, Debug)]
struct Stretch {
    /// Voxels of the patch before the volume's part.
    before: usize,
    /// Voxels of the volume.
    voxels: Range<usize>,
    /// Voxels from here on are covered by no patch before.
    first_from: usize,
    /// Voxels up to here are covered by no patch after.
    last_to: usize,
}

impl Axis {
    fn new(starts: &[isize], extent: usize, profile: Vec<f32>) -> Self {
        let mut sums = vec![0.0; extent];
        let mut stretches: Vec<Stretch> = Vec::with_capacity(starts.len());
        for &start in starts {
            let at = PatchLocation { start: [start, 0, 0], shape: [profile.len(), 1, 1] };
            let (before, voxels) = at.overlap(0, extent);
            for (sum, weight) in sums[voxels.clone()].iter_mut().zip(&profile[before..]) {
                *sum += weight;
            }
            let first_from = stretches.last().map_or(0, |previous| previous.voxels.end);
            if let Some(previous) = stretches.last_mut() {
                previous.last_to = voxels.start;
            }
            stretches.push(Stretch { before, voxels, first_from, last_to: extent });
        }
        Self { profile, sums, stretches }
    }

    fn stretch(&self, patch_idx: usize) -> Stretch {
        self.stretches[patch_idx].clone()
    }
}

impl Stretch {
    fn is_first(&self, voxel: usize) -> bool {
        voxel >= self.first_from
    }

    fn is_last(&self, voxel: usize) -> bool {
        voxel < self.last_to
    }
}

/// A row of a patch along k.
struct Row<'a> {
    values: &'a [f32],
    /// The row's weight, to be multiplied by that of each voxel.
    weight: f32,
    weights: &'a [f32],
    /// The sum of weights over the row, to be multiplied by that over each voxel.
    sum: f32,
    sums: &'a [f32],
    /// Whether no patch before reaches the row, and none after.
    first: bool,
    last: bool,
}

vectorized! {
    fn add_row(target: &mut [f32], row: &Row<'_>, k: &Stretch) {
        row.add_to(target, k);
    }
}

impl Row<'_> {
    #[inline(always)]
    fn add_to(&self, target: &mut [f32], k: &Stretch) {
        // Up to `last` voxels are done after this patch, from `first` on they are new; which of the two comes first
        // depends on the overlap.
        let n = target.len();
        let first = if self.first { k.first_from.saturating_sub(k.voxels.start).min(n) } else { n };
        let last = if self.last { k.last_to.saturating_sub(k.voxels.start).min(n) } else { 0 };
        let (low, high) = (first.min(last), first.max(last));
        self.part(target, 0..low, false, true);
        self.part(target, low..high, first < last, first < last);
        self.part(target, high..n, true, false);
    }

    #[inline(always)]
    fn part(&self, target: &mut [f32], part: Range<usize>, first: bool, last: bool) {
        let target = &mut target[part.clone()];
        let (values, weights, sums) =
            (&self.values[part.clone()], &self.weights[part.clone()], &self.sums[part]);
        let (weight, sum) = (self.weight, self.sum);
        let voxels = target.iter_mut().zip(values).zip(weights).zip(sums);
        match (first, last) {
            (true, true) => target.copy_from_slice(values), // the mean of one patch
            (true, false) => voxels.for_each(|(((to, value), along_k), _)| *to = weight * along_k * value),
            (false, false) => voxels.for_each(|(((to, value), along_k), _)| *to += weight * along_k * value),
            (false, true) => voxels.for_each(|(((to, value), along_k), sum_k)| {
                *to = (*to + weight * along_k * value) / (sum * sum_k);
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PatchGrid, Placement};
    use mis_core::Sample;
    use proptest::prelude::*;

    #[track_caller]
    fn check_round_trip(shape: [usize; 3], plan: &GridPlan, weights: MergeWeights) {
        let [i, j, k] = shape;
        let data = Array4::from_shape_fn((2, i, j, k), |(c, i, j, k)| (c * 7 + i * 5 + j * 3 + k) as f32);
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let scan = Sample { id: "scan".into(), image, labels: None };
        let mut merger = GridMerger::new(2, plan.clone(), weights);
        while let Some(at) = merger.next_location() {
            merger.add(scan.cut(&at).image.as_slice());
        }
        let merged = merger.finish(scan.image.affine()).unwrap();
        // Sums of equal small integers are exact. Under other weights each patch over a voxel rounds its sum and its
        // weight by at most 6e-8 of them, by chance up or down: a millionth, unless hundreds of patches lie there.
        let n_over: usize = plan.starts.iter().map(|starts| starts.len().min(8)).product();
        let relative = match weights {
            MergeWeights::Mean => 0.0,
            _ if n_over <= 64 => 1e-6,
            _ => 1.2e-7 * (n_over + 3) as f32,
        };
        for (found, expected) in merged.as_slice().iter().zip(scan.image.as_slice()) {
            assert!((found - expected).abs() <= relative * expected, "{found} is not {expected}");
        }
    }

    proptest! {
        #[test]
        fn cutting_then_merging_gives_the_volume_back(
            shape in [1_usize..12, 1_usize..12, 1_usize..12],
            size in [1_usize..9, 1_usize..9, 1_usize..9],
            overlap in [0_usize..9, 0_usize..9, 0_usize..9],
            two_d in any::<bool>(),
        ) {
            let (mut shape, mut size) = (shape, size);
            if two_d {
                (shape[2], size[2]) = (1, 1);
            }
            let overlap = std::array::from_fn(|axis| overlap[axis] % size[axis]);
            let crop = MergeWeights::Crop(size.map(|n| (n - 1) / 2));
            for placement in [Placement::ShiftedBack, Placement::EvenlySpread] {
                let plan = PatchGrid { patch_size: size, overlap }.plan(shape, placement);
                for weights in [MergeWeights::Mean, MergeWeights::Gaussian, crop] {
                    check_round_trip(shape, &plan, weights);
                }
            }
        }

        #[test]
        fn a_grid_and_any_locations_merge_alike(
            extent in 5_usize..20, size in 4_usize..9, overlap in 0_usize..4, seed in any::<u32>(),
        ) {
            let grid = PatchGrid { patch_size: [size, size, 2], overlap: [overlap, overlap, 1] };
            let shape = [extent, 11, 5];
            for weights in [MergeWeights::Mean, MergeWeights::Gaussian, MergeWeights::Crop([1, 1, 0])] {
                let mut merger = GridMerger::new(1, grid.plan(shape, Placement::ShiftedBack), weights);
                let mut any = crate::Merger::new(1, shape, grid.patch_size, weights);
                // Patches that contradict each other where they overlap.
                let mut value = seed;
                while let Some(at) = merger.next_location() {
                    let patch: Vec<f32> = (0..at.n_voxels()).map(|_| {
                        value = value.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (value >> 8) as f32 / (1 << 24) as f32
                    }).collect();
                    merger.add(&patch);
                    any.add(&at, &patch);
                }
                let affine = Affine::from_spacing([1.0; 3]);
                let (merger, any) = (merger.finish(affine).unwrap(), any.finish(affine).unwrap());
                for (one, other) in merger.as_slice().iter().zip(any.as_slice()) {
                    prop_assert!((one - other).abs() <= 1e-6, "{one} is not {other}");
                }
            }
        }
    }

    #[test]
    fn cropped_edges_count_only_where_no_other_patch_has_a_say() {
        let plan =
            PatchGrid { patch_size: [6, 1, 1], overlap: [4, 0, 0] }.plan([8, 1, 1], Placement::ShiftedBack);
        let mut merger = GridMerger::new(1, plan, MergeWeights::Crop([2, 0, 0]));
        merger.add(&[1.0; 6]);
        merger.add(&[2.0; 6]);
        let merged = merger.finish(Affine::from_spacing([1.0; 3])).unwrap();
        assert_eq!(merged.as_slice(), [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn a_missing_patch_is_an_error_that_counts() {
        let plan = PatchGrid { patch_size: [2; 3], overlap: [0; 3] }.plan([4, 2, 2], Placement::ShiftedBack);
        let mut merger = GridMerger::new(1, plan, MergeWeights::Mean);
        merger.add(&[0.0; 8]);
        let error = merger.finish(Affine::from_spacing([1.0; 3])).unwrap_err();
        assert_eq!(error.to_string(), "expected the 2 patches of the grid, 1 were added");
    }
}
