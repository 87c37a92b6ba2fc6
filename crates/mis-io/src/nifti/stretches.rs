//! Label maps are mostly background: where their files hold anything else.

use std::ops::Range;

use rayon::prelude::*;

/// Part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// So many bytes, which are given.
    Given(usize),
    /// So many zeros.
    Zeros(usize),
}

/// Zeros fewer than these are bytes as others: each stretch has a cost.
const FEWEST_ZEROS: usize = 1 << 15;

/// The rows of a label map that hold anything but background, by pieces of `n_planes`.
pub(super) struct Content {
    /// For each piece and j, over all i and the planes of the piece.
    rows: Vec<bool>,
    n_planes: usize,
    extents: [usize; 2],
    fewest_zeros: usize,
}

impl Content {
    pub(super) fn of(labels: &[u8], [ni, nj, nk]: [usize; 3], n_planes: usize) -> Self {
        let n_pieces = nk.div_ceil(n_planes);
        let found = labels.par_chunks_exact(nj * nk).fold(
            || vec![false; n_pieces * nj],
            |mut found, plane| {
                for (j, line) in plane.chunks_exact(nk).enumerate() {
                    for (piece, voxels) in line.chunks(n_planes).enumerate() {
                        found[piece * nj + j] |= voxels.iter().fold(0, |any, &voxel| any | voxel) != 0;
                    }
                }
                found
            },
        );
        let rows = found.reduce(
            || vec![false; n_pieces * nj],
            |mut found, more| {
                found.iter_mut().zip(more).for_each(|(found, more)| *found |= more);
                found
            },
        );
        Self { rows, n_planes, extents: [ni, nj], fewest_zeros: FEWEST_ZEROS }
    }

    /// The rows, as ranges of j, to be given of each plane of the piece that starts at plane `k`; those between are
    /// zero.
    pub(super) fn rows(&self, k: usize) -> Vec<Range<usize>> {
        let [ni, nj] = self.extents;
        let content = &self.rows[k / self.n_planes * nj..][..nj];
        let mut rows: Vec<Range<usize>> = Vec::new();
        for j in (0..nj).filter(|&j| content[j]) {
            match rows.last_mut() {
                Some(last) if (j - last.end) * ni < self.fewest_zeros => last.end = j + 1,
                _ => rows.push(j..j + 1),
            }
        }
        // What is left at the end of a plane goes on at the start of the next.
        if let (Some(first), Some(last)) = (rows.first().cloned(), rows.last().cloned())
            && (first.start + nj - last.end) * ni < self.fewest_zeros
        {
            rows[0].start = 0;
            rows.last_mut().expect("there is a first").end = nj;
        }
        rows
    }

    /// What planes are made of, of which these rows are given.
    pub(super) fn stretches(&self, rows: &[Range<usize>], n_planes: usize) -> Vec<Stretch> {
        let [ni, nj] = self.extents;
        let mut stretches = Vec::new();
        let mut zeros = 0;
        for _ in 0..n_planes {
            let mut end = 0;
            for Range { start, end: next } in rows {
                zeros += (start - end) * ni;
                if zeros > 0 {
                    stretches.push(Stretch::Zeros(std::mem::take(&mut zeros)));
                }
                stretches.push(Stretch::Given((next - start) * ni));
                end = *next;
            }
            zeros += (nj - end) * ni;
        }
        if zeros > 0 {
            stretches.push(Stretch::Zeros(zeros));
        }
        stretches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nifti::fill::{byte_rows, planes};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn given_bytes_and_zeros_are_the_planes(
            [ni, nj, nk] in [1_usize..12, 1_usize..6, 1_usize..30], n_planes in 1_usize..12, fewest in 1_usize..40,
            content in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..4), 0..6),
        ) {
            let mut source = vec![0; ni * nj * nk];
            for (at, class) in content {
                source[at.index(ni * nj * nk)] = class;
            }
            let found = Content { fewest_zeros: fewest, ..Content::of(&source, [ni, nj, nk], n_planes) };
            for from in (0..nk).step_by(n_planes) {
                let ks = from..(from + n_planes).min(nk);
                let mut expected = vec![0; ks.len() * nj * ni];
                planes(&source, [ni, nj, nk], ks.clone(), &mut expected, |voxel| [voxel]);
                let rows = found.rows(from);
                let mut given = vec![9; rows.iter().map(Range::len).sum::<usize>() * ni * ks.len()];
                byte_rows(&source, [ni, nj, nk], ks.clone(), &rows, &mut given);
                let (mut out, mut given) = (Vec::new(), given.as_slice());
                for stretch in found.stretches(&rows, ks.len()) {
                    match stretch {
                        Stretch::Given(n) => out.extend(given.split_off(..n).expect("so many are given")),
                        Stretch::Zeros(n) => {
                            prop_assert!(n >= fewest || out.is_empty() || out.len() + n == expected.len());
                            out.resize(out.len() + n, 0);
                        }
                    }
                }
                prop_assert!(given.is_empty());
                prop_assert_eq!(out, expected);
            }
        }
    }
}
