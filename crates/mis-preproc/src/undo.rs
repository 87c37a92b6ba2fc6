//! The way back through a step, as a value.

use anyhow::{Result, ensure};
use mis_core::interpolation::LinearResize;
use mis_core::{Geometry, PatchLocation, Reorientation, Volume, zeros};
use ndarray::Array4;

/// How class probabilities come back from the lattice after a step onto the lattice before it: a function of the two
/// lattices alone, carried out for a whole volume or box by box with the same values to the bit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Undo {
    /// The lattice did not change.
    Nothing,
    /// Voxels are interpolated linearly.
    Resize(LinearResize),
    /// Voxel `x` of the lattice before is voxel `x + shift` of the one after; where there is none it is background.
    Shift {
        /// How far, in voxels: what a pad put before the image, less what a crop took.
        shift: [isize; 3],
        /// Shape of the lattice after the step.
        after: [usize; 3],
    },
    /// Axes are turned back.
    Turn {
        /// From the lattice after the step to the one before.
        back: Reorientation,
        /// Shape of the lattice after the step.
        after: [usize; 3],
    },
}

impl Undo {
    /// The box of the lattice after the step that is read to make the box `at` of the one before; none where no voxel
    /// is.
    pub(crate) fn reads(&self, at: &PatchLocation) -> Option<PatchLocation> {
        match self {
            Self::Nothing => Some(*at),
            Self::Resize(resize) => Some(resize.reads(at)),
            Self::Shift { shift, after } => {
                let moved =
                    PatchLocation { start: [0, 1, 2].map(|axis| at.start[axis] + shift[axis]), ..*at };
                let ranges = [0, 1, 2].map(|axis| moved.overlap(axis, after[axis]).1);
                let found = PatchLocation {
                    start: ranges.each_ref().map(|range| range.start as isize),
                    shape: ranges.each_ref().map(|range| range.len()),
                };
                (found.n_voxels() > 0).then_some(found)
            }
            Self::Turn { back, after } => {
                let mut read = *at;
                for axis in 0..3 {
                    let from = back.from[axis];
                    read.shape[from] = at.shape[axis];
                    read.start[from] = if back.reversed[axis] {
                        after[from] as isize - at.start[axis] - at.shape[axis] as isize
                    } else {
                        at.start[axis]
                    };
                }
                Some(read)
            }
        }
    }

    /// Makes the box `at` of one class from the box of the lattice after the step that [`reads`](Self::reads) names.
    pub(crate) fn make(
        &self,
        background: bool,
        source: &[f32],
        source_at: Option<&PatchLocation>,
        out: &mut [f32],
        at: &PatchLocation,
    ) {
        // What was cropped away is background for certain.
        let outside = f32::from(u8::from(background));
        let Some(source_at) = source_at else { return out.fill(outside) };
        match self {
            Self::Nothing => out.copy_from_slice(source),
            Self::Resize(resize) => resize.make(source, source_at, out, at),
            Self::Shift { shift, .. } => {
                if source_at.shape != at.shape {
                    out.fill(outside);
                }
                let first =
                    [0, 1, 2].map(|axis| (source_at.start[axis] - shift[axis] - at.start[axis]) as usize);
                let [n_i, n_j, n_k] = source_at.shape;
                for i in 0..n_i {
                    for j in 0..n_j {
                        let row = ((first[0] + i) * at.shape[1] + first[1] + j) * at.shape[2] + first[2];
                        out[row..row + n_k].copy_from_slice(&source[(i * n_j + j) * n_k..][..n_k]);
                    }
                }
            }
            Self::Turn { back, .. } => out.copy_from_slice(&back.values(source, source_at.shape)),
        }
    }

    /// The whole way back: all classes `(class, i, j, k)` onto the lattice before the step.
    pub(crate) fn whole(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        if *self == Self::Nothing {
            return Volume::new(probabilities.into_data(), before.affine);
        }
        let at = PatchLocation::whole(before.shape);
        let read = self.reads(&at);
        let after = probabilities.shape();
        let [i, j, k] = before.shape;
        let mut values = zeros(probabilities.n_channels() * before.n_voxels());
        let classes = probabilities.as_slice().chunks_exact(after.iter().product());
        let mut part = Vec::new();
        for ((number, source), out) in classes.enumerate().zip(values.chunks_exact_mut(before.n_voxels())) {
            let source = read.as_ref().map_or(&[][..], |read| cut(source, after, read, &mut part));
            self.make(number == 0, source, read.as_ref(), out, &at);
        }
        Volume::new(Array4::from_shape_vec((probabilities.n_channels(), i, j, k), values)?, before.affine)
    }
}

/// The values of a box, in `part` unless they lie together already.
pub(crate) fn cut<'a>(
    values: &'a [f32],
    shape: [usize; 3],
    at: &PatchLocation,
    part: &'a mut Vec<f32>,
) -> &'a [f32] {
    let [i, j, k] = at.start.map(|start| start as usize);
    let first = (i * shape[1] + j) * shape[2] + k;
    if at.shape[1..] == shape[1..] {
        return &values[first..first + at.n_voxels()];
    }
    part.clear();
    for i in 0..at.shape[0] {
        for j in 0..at.shape[1] {
            part.extend_from_slice(&values[first + (i * shape[1] + j) * shape[2]..][..at.shape[2]]);
        }
    }
    part
}

/// Says where probabilities are not on the lattice that a step left.
pub(crate) fn check_shape(probabilities: &Volume, after: [usize; 3]) -> Result<()> {
    let found = probabilities.shape();
    ensure!(found == after, "expected probabilities of shape {after:?}, found {found:?}");
    Ok(())
}
