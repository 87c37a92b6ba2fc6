//! Patches of a grid put together again.

use std::ops::Range;

use anyhow::{Result, ensure};
use mis_core::ndarray::{Array4, ArrayView4, Axis as Dim, s};
use mis_core::{Affine, PatchLocation, Volume, prefetch};
use rayon::prelude::*;

use crate::merged_row::{Axis, Row};
use crate::{GridPlan, MergeWeights};

/// How many rows ahead of the one that is added to memory is asked for; four to eight are alike.
const AHEAD: usize = 4;

/// Adds up patches of class probabilities of a grid with weights, in `f32`, one after the other.
///
/// The grid is known beforehand, and so the sum of weights over each voxel (the product of one sum along each axis), the
/// first patch over it, which needs no zeros to be added to, and the last, after which it is divided: every value is
/// written as often as patches lie over it and no more. Memory is the volume alone, however many patches are added; and
/// less for who takes planes along i as soon as they are [`ready`](Self::ready) and [releases](Self::release) them: the
/// planes of one patch and those that are not released.
#[derive(Debug)]
pub struct GridMerger {
    plan: GridPlan,
    axes: [Axis; 3],
    values: Vec<f32>, // (channel, i, j, k) of the planes in `room`
    room: Range<usize>,
    n_released: usize, // planes
    n_channels: usize,
    n_added: usize,
}

/// Planes of a volume, one after the other along i.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// The first one's place along i.
    pub first: usize,
    /// Their values, `(channel, i, j, k)`.
    pub values: ArrayView4<'a, f32>,
}

impl GridMerger {
    /// A merger for this many channels on a grid, with memory for the whole volume.
    #[must_use]
    pub fn new(n_channels: usize, plan: GridPlan, weights: MergeWeights) -> Self {
        let all = 0..plan.image[0];
        Self::with_room(n_channels, plan, weights, all)
    }

    /// A merger whose planes are released on the way, with memory for those of one patch; it takes more where it must.
    #[must_use]
    pub fn rolling(n_channels: usize, plan: GridPlan, weights: MergeWeights) -> Self {
        let first = 0..plan.image[0].min(plan.patch_size[0]);
        Self::with_room(n_channels, plan, weights, first)
    }

    fn with_room(n_channels: usize, plan: GridPlan, weights: MergeWeights, room: Range<usize>) -> Self {
        let profiles = weights.profiles(plan.patch_size);
        let axes = std::array::from_fn(|axis| {
            Axis::new(&plan.starts[axis], plan.image[axis], profiles[axis].clone())
        });
        let n = room.len() * plan.image[1] * plan.image[2];
        Self {
            plan,
            axes,
            values: mis_core::zeros(n_channels * n),
            room,
            n_released: 0,
            n_channels,
            n_added: 0,
        }
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
        self.make_room(&i.voxels);
        let room = &self.room;
        let [axis_i, axis_j, axis_k] = &self.axes;
        let (profile_k, sums_k) =
            (&axis_k.profile[k.before..][..k.voxels.len()], &axis_k.sums[k.voxels.clone()]);
        let (plane, row) = (self.plan.image[1] * self.plan.image[2], self.plan.image[2]);

        let channels = self.values.par_chunks_exact_mut(plane * room.len());
        channels.zip(patch.par_chunks_exact(at.n_voxels())).for_each(|(channel, patch)| {
            let planes = (i.voxels.start - room.start) * plane..(i.voxels.end - room.start) * plane;
            let planes = channel[planes].par_chunks_exact_mut(plane);
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
                    part.add_to(&mut target[at_j * row + k.voxels.start..][..k.voxels.len()], &k);
                }
            });
        });
        self.n_added += 1;
    }

    /// The planes that no patch to come reaches and that are not released.
    #[must_use]
    pub fn ready(&self) -> Planes<'_> {
        let [n_i, n_j, n_k] = self.plan.image;
        let end = match self.next_location() {
            Some(next) => next.start[0].max(0) as usize,
            None => n_i,
        };
        let held = ArrayView4::from_shape((self.n_channels, self.room.len(), n_j, n_k), &self.values);
        let (first, held) = (self.n_released, held.expect("the room has its planes"));
        let planes = first - self.room.start..end - self.room.start;
        Planes { first, values: held.slice_move(s![.., planes, .., ..]) }
    }

    /// Gives up the planes before this one: their memory is used again. They must have been ready.
    ///
    /// # Panics
    /// Where a plane was not ready.
    pub fn release(&mut self, before: usize) {
        let ready = self.ready();
        let end = ready.first + ready.values.len_of(Dim(1));
        assert!(before <= end, "planes up to {end} are ready, not {before}");
        self.n_released = self.n_released.max(before);
    }

    /// Has memory for the planes of a patch, by that of released ones where that is enough.
    fn make_room(&mut self, planes: &Range<usize>) {
        if planes.end <= self.room.end {
            return;
        }
        let plane = self.plan.image[1] * self.plan.image[2];
        let needed = planes.end - self.n_released;
        let (before, kept) = (self.room.clone(), self.n_released..self.room.end);
        let from = |channel: usize| {
            let first = (channel * before.len() + kept.start - before.start) * plane;
            first..first + kept.len() * plane
        };
        if needed > before.len() {
            let mut grown = mis_core::zeros(self.n_channels * needed * plane);
            for channel in 0..self.n_channels {
                grown[channel * needed * plane..][..kept.len() * plane]
                    .copy_from_slice(&self.values[from(channel)]);
            }
            self.values = grown;
            self.room = kept.start..kept.start + needed;
        } else {
            for channel in 0..self.n_channels {
                self.values.copy_within(from(channel), channel * before.len() * plane);
            }
            self.room = kept.start..kept.start + before.len();
        }
    }

    /// The weighted mean of what was added, on a lattice. A patch that is missing is an error, and so are released
    /// planes.
    pub fn finish(self, affine: Affine) -> Result<Volume> {
        let n = self.plan.n_patches();
        ensure!(self.n_added == n, "expected the {n} patches of the grid, {} were added", self.n_added);
        ensure!(self.n_released == 0, "the first {} planes of the volume were released", self.n_released);
        let [i, j, k] = self.plan.image;
        Volume::new(Array4::from_shape_vec((self.n_channels, i, j, k), self.values)?, affine)
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

    proptest! {
        #[test]
        fn planes_released_on_the_way_are_those_of_the_whole(
            shape in [1_usize..20, 1_usize..5, 1_usize..5],
            size in [1_usize..9, 1_usize..5, 1_usize..5],
            overlap in 0_usize..9,
            kept in 0_usize..5,
        ) {
            let plan = PatchGrid { patch_size: size, overlap: [overlap % size[0], 0, 0] }
                .plan(shape, Placement::EvenlySpread);
            let mut whole = GridMerger::new(2, plan.clone(), MergeWeights::Gaussian);
            let mut rolling = GridMerger::rolling(2, plan.clone(), MergeWeights::Gaussian);
            let mut taken = Array4::from_elem((2, shape[0], shape[1], shape[2]), f32::NAN);
            let largest = size[0].min(shape[0]) + kept;
            for patch_idx in 0..plan.n_patches() {
                let n: usize = size.iter().product();
                let patch: Vec<f32> = (0..2 * n).map(|value| (patch_idx * 31 + value % 17) as f32).collect();
                whole.add(&patch);
                rolling.add(&patch);
                let ready = rolling.ready();
                let end = ready.first + ready.values.len_of(Dim(1));
                taken.slice_mut(s![.., ready.first..end, .., ..]).assign(&ready.values);
                // Who takes planes may need some of them again.
                rolling.release(end.saturating_sub(kept));
                prop_assert!(rolling.room.len() <= largest, "{} planes for {largest}", rolling.room.len());
            }
            let whole = whole.finish(Affine::from_spacing([1.0; 3])).unwrap();
            prop_assert_eq!(taken.view(), whole.data());
        }
    }

    #[test]
    #[should_panic(expected = "planes up to 0 are ready, not 1")]
    fn planes_that_a_patch_may_reach_are_not_released() {
        let plan = PatchGrid { patch_size: [2; 3], overlap: [0; 3] }.plan([4, 4, 2], Placement::ShiftedBack);
        let mut merger = GridMerger::rolling(1, plan, MergeWeights::Mean);
        merger.add(&[0.0; 8]);
        merger.release(1);
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
