//! A patch's part of a volume along one axis, and a row of it added.

use std::ops::Range;

use mis_core::{PatchLocation, vectorized};

/// What a grid knows of one axis.
#[derive(Debug)]
pub(crate) struct Axis {
    /// Weights along a patch.
    pub(crate) profile: Vec<f32>,
    /// The sum of weights over each voxel of the volume.
    pub(crate) sums: Vec<f32>,
    /// Each patch's part of the axis.
    pub(crate) stretches: Vec<Stretch>,
}

/// One patch's part of an axis.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// Voxels of the patch before the volume's part.
    pub(crate) before: usize,
    /// Voxels of the volume.
    pub(crate) voxels: Range<usize>,
    /// Voxels from here on are covered by no patch before.
    pub(crate) first_from: usize,
    /// Voxels up to here are covered by no patch after.
    pub(crate) last_to: usize,
}

impl Axis {
    pub(crate) fn new(starts: &[isize], extent: usize, profile: Vec<f32>) -> Self {
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

    pub(crate) fn stretch(&self, patch_idx: usize) -> Stretch {
        self.stretches[patch_idx].clone()
    }
}

impl Stretch {
    pub(crate) fn is_first(&self, voxel: usize) -> bool {
        voxel >= self.first_from
    }

    pub(crate) fn is_last(&self, voxel: usize) -> bool {
        voxel < self.last_to
    }
}

/// A row of a patch along k.
pub(crate) struct Row<'a> {
    pub(crate) values: &'a [f32],
    /// The row's weight, to be multiplied by that of each voxel.
    pub(crate) weight: f32,
    pub(crate) weights: &'a [f32],
    /// The sum of weights over the row, to be multiplied by that over each voxel.
    pub(crate) sum: f32,
    pub(crate) sums: &'a [f32],
    /// Whether no patch before reaches the row, and none after.
    pub(crate) first: bool,
    pub(crate) last: bool,
}

vectorized! {
    fn add_row(target: &mut [f32], row: &Row<'_>, k: &Stretch) {
        row.add_here(target, k);
    }
}

impl Row<'_> {
    /// Adds the row to that of a volume.
    pub(crate) fn add_to(&self, target: &mut [f32], k: &Stretch) {
        add_row(target, self, k);
    }

    #[inline(always)]
    fn add_here(&self, target: &mut [f32], k: &Stretch) {
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
