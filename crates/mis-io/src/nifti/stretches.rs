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

/// Zeros fewer than these are bytes as others: each stretch adds some 30 bytes to a compressed file.
const FEWEST_ZEROS: usize = 1 << 15;

/// Where a label map holds anything but background, by pieces of `n_planes`.
pub(super) struct Content {
    /// For each piece and j, the i with content in any of the piece's planes.
    spans: Vec<Range<usize>>,
    n_planes: usize,
    extents: [usize; 2],
    fewest_zeros: usize,
}

impl Content {
    pub(super) fn of(labels: &[u8], [ni, nj, nk]: [usize; 3], n_planes: usize) -> Self {
        let n_pieces = nk.div_ceil(n_planes);
        let none = || -> Vec<Range<usize>> { vec![0..0; n_pieces * nj] };
        let found = labels.par_chunks_exact(nj * nk).enumerate().fold(none, |mut spans, (i, plane)| {
            for (j, line) in plane.chunks_exact(nk).enumerate() {
                for (piece, voxels) in line.chunks(n_planes).enumerate() {
                    if voxels.iter().fold(0, |any, &voxel| any | voxel) != 0 {
                        let span = &mut spans[piece * nj + j];
                        // Each thread goes through i in their order.
                        *span = if Range::is_empty(span) { i } else { span.start }..i + 1;
                    }
                }
            }
            spans
        });
        let spans = found.reduce(none, |mut spans, more| {
            for (span, more) in spans.iter_mut().zip(more).filter(|(_, more)| !Range::is_empty(more)) {
                let start = if Range::is_empty(span) { more.start } else { span.start.min(more.start) };
                *span = start..span.end.max(more.end);
            }
            spans
        });
        Self { spans, n_planes, extents: [ni, nj], fewest_zeros: FEWEST_ZEROS }
    }

    /// The i with content, for each j of the piece that starts at plane `k`.
    pub(super) fn spans(&self, k: usize) -> &[Range<usize>] {
        let nj = self.extents[1];
        &self.spans[k / self.n_planes * nj..][..nj]
    }

    /// The rows, as ranges of j, to be given of each plane of the piece that starts at plane `k`; those between are
    /// zero.
    pub(super) fn rows(&self, k: usize) -> Vec<Range<usize>> {
        let [ni, nj] = self.extents;
        let mut rows: Vec<Range<usize>> = Vec::new();
        for (j, _) in self.spans(k).iter().enumerate().filter(|(_, span)| !Range::is_empty(span)) {
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
                let n = (next - start) * ni;
                match stretches.last_mut() {
                    Some(Stretch::Given(before)) => *before += n,
                    _ => stretches.push(Stretch::Given(n)),
                }
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
                byte_rows(&source, [ni, nj, nk], ks.clone(), &rows, found.spans(from), &mut given);
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
