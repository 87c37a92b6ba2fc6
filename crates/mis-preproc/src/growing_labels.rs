//! A label map on the scan's lattice, from probabilities that are there or still come in.

use std::cmp::Reverse;
use std::ops::Range;

use anyhow::{Result, ensure};
use mis_core::{Geometry, LabelMap, Volume};
use ndarray::{Array3, ArrayView4, Axis};

use crate::slabs::{Room, Slabs};
use crate::{Beyond, Step};

/// The most probable class of each voxel of the scan, from class probabilities `(class, i, j, k)` on the lattice after
/// all steps: to the bit what [`argmax`](mis_core::argmax) says of [`invert_all`](crate::invert_all)'s result, without
/// ever holding that result.
///
/// The scan is made slab by slab along i, and each slab class by class, so that beside the probabilities and the label
/// map at most about `memory` bytes are taken however many classes there are; a slab is one voxel thick at the least.
/// Classes are taken from the most probable one down, and those that cannot win a voxel of the slab are left out, which
/// of a hundred classes are most. A step of your own that changes the lattice is undone for the whole volume at once.
pub fn label_map(
    steps: &[Step],
    probabilities: Volume,
    lattices: &[Geometry],
    memory: usize,
) -> Result<LabelMap> {
    let (slabs, probabilities) = Slabs::of_whole(steps, probabilities, lattices, Beyond::Background)?;
    let mut labels = GrowingLabels::of(slabs, probabilities.shape(), probabilities.n_channels(), memory)?;
    labels.take(0, probabilities.data());
    labels.finish()
}

/// [`label_map`] of probabilities that come plane by plane, so that only those planes need be held that a slab to come
/// reads: few where i of the scan is i of the network's lattice, all where axes were turned.
#[derive(Debug)]
pub struct GrowingLabels {
    slabs: Slabs,
    shape: [usize; 3], // of the probabilities
    labels: Vec<u8>,
    todo: Vec<Slab>, // the next one last: those that read up to the earliest plane come first
    room: Room,
}

/// Planes of the scan, and those of the probabilities that they are made from.
#[derive(Debug)]
struct Slab {
    planes: Range<usize>,
    reads: Range<usize>,
}

impl GrowingLabels {
    /// For probabilities of so many classes on the lattice `after` all steps; `lattices` are those before each step.
    /// None where a step of your own changes the lattice, which is undone for a whole volume only.
    pub fn new(
        steps: &[Step],
        after: &Geometry,
        n_classes: usize,
        lattices: &[Geometry],
        memory: usize,
    ) -> Result<Option<Self>> {
        let (slabs, n_undone) = Slabs::of(steps, after, lattices, Beyond::Background)?;
        if n_undone < steps.len() {
            return Ok(None);
        }
        Self::of(slabs, after.shape, n_classes, memory).map(Some)
    }

    fn of(slabs: Slabs, shape: [usize; 3], n_classes: usize, memory: usize) -> Result<Self> {
        ensure!(n_classes <= 256, "a class index names at most 256 classes, got {n_classes}");
        // Thin, so that few classes have a voxel in a slab, and thick enough for all threads.
        let thickness = slabs.thickness(memory).min((2 * rayon::current_num_threads()).max(8));
        let n_planes = slabs.scan.shape[0];
        let slab = |first: usize| {
            let planes = first..n_planes.min(first + thickness);
            let boxes = slabs.boxes(&slabs.planes(planes.clone()));
            let reads = boxes[boxes.len() - 1].map_or(0..0, |at| {
                let first = at.start[0] as usize;
                first..first + at.shape[0]
            });
            Slab { planes, reads }
        };
        let mut todo: Vec<Slab> = (0..n_planes).step_by(thickness).map(slab).collect();
        todo.sort_by_key(|slab| Reverse(slab.reads.end));
        let labels = mis_core::zeros(slabs.scan.n_voxels());
        Ok(Self { slabs, shape, labels, todo, room: Room::default() })
    }

    /// The first plane of the probabilities along i that is still to be read; past the last one where none is.
    #[must_use]
    pub fn reads_from(&self) -> usize {
        self.todo.iter().map(|slab| slab.reads.start).min().unwrap_or(self.shape[0])
    }

    /// Makes the slabs that read no plane after these, `(class, i, j, k)` from `first` along i.
    ///
    /// # Panics
    /// Where `first` is past [`reads_from`](Self::reads_from).
    pub fn take(&mut self, first: usize, planes: ArrayView4<'_, f32>) {
        let [_, j, k] = self.slabs.scan.shape;
        let end = first + planes.len_of(Axis(1));
        while let Some(slab) = self.todo.pop_if(|slab| slab.reads.end <= end) {
            let labels = &mut self.labels[slab.planes.start * j * k..slab.planes.end * j * k];
            self.slabs.make(planes, first, &self.slabs.planes(slab.planes), labels, &mut self.room);
        }
    }

    /// The labels on the scan's lattice. Planes that are missing are an error.
    pub fn finish(self) -> Result<LabelMap> {
        ensure!(self.todo.is_empty(), "planes from {} on are missing", self.reads_from());
        let Geometry { shape, affine } = self.slabs.scan;
        LabelMap::new(Array3::from_shape_vec(shape, self.labels)?, affine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;
    use ndarray::Array4;

    #[test]
    fn planes_that_no_slab_to_come_reads_need_not_be_held() {
        let after = Geometry { shape: [40, 5, 5], affine: Affine::from_spacing([1.0; 3]) };
        let mut growing = GrowingLabels::new(&[], &after, 1, &[], 0).unwrap().unwrap();
        let planes = Array4::zeros((1, 40, 5, 5));
        for end in [1, 7, 8, 20, 39] {
            let first = growing.reads_from();
            growing.take(first, planes.slice(ndarray::s![.., first..end, .., ..]));
            assert_eq!(growing.reads_from(), end); // with no memory to spare a slab is one plane
        }
        assert_eq!(growing.finish().unwrap_err().to_string(), "planes from 39 on are missing");
    }
}
