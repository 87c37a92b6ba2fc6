//! Trilinear resizing, of a whole lattice or a box of it.

use rayon::prelude::*;

use super::axis::{Between, between, upon};
use super::resize::check_shape;
use crate::PatchLocation;

/// A trilinear resizing from one shape to another, borders on borders, that can be carried out box by box: each voxel
/// comes out the same to the bit whatever box it is made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearResize {
    /// Shape of the old lattice.
    pub from: [usize; 3],
    /// Shape of the new lattice.
    pub to: [usize; 3],
    /// The axis along which the nearest voxel is taken instead; none is the usual.
    pub nearest_along: Option<usize>,
}

impl LinearResize {
    /// The box of the old lattice that is read to make the box `at` of the new one.
    ///
    /// # Panics
    /// Where the box is empty or leaves the new lattice.
    #[must_use]
    pub fn reads(&self, at: &PatchLocation) -> PatchLocation {
        let ranges = self.neighbors(at).map(|at| {
            let last = at[at.len() - 1].upper;
            (at[0].lower, last + 1 - at[0].lower)
        });
        PatchLocation { start: ranges.map(|(start, _)| start as isize), shape: ranges.map(|(_, n)| n) }
    }

    /// Makes the box `at` of the new lattice in `out` from the box `source_at` of the old one, which holds what
    /// [`reads`](Self::reads) says.
    ///
    /// Blends the four old rows around a new row to one, then the two voxels around each place of it. Every blend is
    /// `a + t·(b − a)`, which leaves equal values as they are.
    ///
    /// # Panics
    /// Where a slice has not the length of its box, or the source lacks a voxel that is read.
    pub fn make(&self, source: &[f32], source_at: &PatchLocation, out: &mut [f32], at: &PatchLocation) {
        check_shape(source.len(), source_at.shape);
        check_shape(out.len(), at.shape);
        let mut neighbors = self.neighbors(at);
        for (neighbors, &start) in neighbors.iter_mut().zip(&source_at.start) {
            for neighbor in neighbors {
                neighbor.lower -= start as usize;
                neighbor.upper -= start as usize;
            }
        }
        let [at_i, at_j, at_k] = neighbors;
        let [_, height, width] = source_at.shape;
        let row = |i: usize, j: usize| &source[(i * height + j) * width..][..width];
        let planes = out.par_chunks_exact_mut(at.shape[1] * at.shape[2]).zip(&at_i);
        planes.for_each_init(
            || vec![0.0; width],
            |blended, (plane, i)| {
                for (out, j) in plane.chunks_exact_mut(at.shape[2]).zip(&at_j) {
                    let (a, b) = (row(i.lower, j.lower), row(i.lower, j.upper));
                    let (c, d) = (row(i.upper, j.lower), row(i.upper, j.upper));
                    for k in 0..width {
                        let lower = a[k] + j.fraction * (b[k] - a[k]);
                        let upper = c[k] + j.fraction * (d[k] - c[k]);
                        blended[k] = lower + i.fraction * (upper - lower);
                    }
                    for (value, k) in out.iter_mut().zip(&at_k) {
                        let lower = blended[k.lower];
                        *value = lower + k.fraction * (blended[k.upper] - lower);
                    }
                }
            },
        );
    }

    fn neighbors(&self, at: &PatchLocation) -> [Vec<Between>; 3] {
        assert!(at.n_voxels() > 0 && at.inside(self.to), "{at:?} is no box of {:?}", self.to);
        std::array::from_fn(|axis| {
            let (from, to) = (self.from[axis], self.to[axis]);
            let all = if self.nearest_along == Some(axis) { upon(from, to) } else { between(from, to) };
            all[at.start[axis] as usize..][..at.shape[axis]].to_vec()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_box_holds_what_the_whole_holds_there(
            from in [1..9_usize, 1..9, 1..9], to in [1..9_usize, 1..9, 1..9],
            corner in [0..9_usize, 0..9, 0..9], size in [1..9_usize, 1..9, 1..9],
            nearest_along in prop_oneof![Just(None), (0..3_usize).prop_map(Some)],
        ) {
            let resize = LinearResize { from, to, nearest_along };
            let n: usize = from.iter().product();
            let source: Vec<f32> = (0..n).map(|n| ((n * 2_654_435_761) % 1013) as f32).collect();
            let mut whole = vec![0.0; to.iter().product()];
            resize.make(&source, &PatchLocation::whole(from), &mut whole, &PatchLocation::whole(to));

            let start = [0, 1, 2].map(|axis| corner[axis] % to[axis]);
            let shape = [0, 1, 2].map(|axis| size[axis].min(to[axis] - start[axis]));
            let at = PatchLocation { start: start.map(|x| x as isize), shape };
            let reads = resize.reads(&at);
            let cut = |values: &[f32], shape: [usize; 3], at: &PatchLocation| -> Vec<f32> {
                let [i, j, k] = at.start.map(|x| x as usize);
                (0..at.n_voxels())
                    .map(|n| {
                        let (x, y, z) = (n / at.shape[2] / at.shape[1], n / at.shape[2] % at.shape[1], n % at.shape[2]);
                        values[((i + x) * shape[1] + j + y) * shape[2] + k + z]
                    })
                    .collect()
            };
            let mut part = vec![0.0; at.n_voxels()];
            resize.make(&cut(&source, from, &reads), &reads, &mut part, &at);
            prop_assert_eq!(part, cut(&whole, to, &at));
        }
    }
}
