//! Voxels in a file's order, some planes at a time.

use std::ops::Range;

/// Writes the planes `ks` of a volume `(i, j, k)` into `out` in a file's order, first axis fastest, each voxel as its
/// bytes.
pub(super) fn planes<T: Copy, const N: usize>(
    source: &[T],
    [ni, nj, nk]: [usize; 3],
    ks: Range<usize>,
    out: &mut [u8],
    bytes: impl Fn(T) -> [u8; N],
) {
    let n_planes = ks.len();
    let (out, _) = out.as_chunks_mut::<N>();
    // The planes of one j are put together first: their lines often lie a power of two apart, where a cache keeps only
    // a few of them at a time.
    let mut tile = vec![[0; N]; n_planes * ni];
    for j in 0..nj {
        for i in 0..ni {
            let line = &source[(i * nj + j) * nk..][ks.clone()];
            for (plane, &voxel) in line.iter().enumerate() {
                tile[plane * ni + i] = bytes(voxel);
            }
        }
        for (plane, line) in tile.chunks_exact(ni).enumerate() {
            out[(plane * nj + j) * ni..][..ni].copy_from_slice(line);
        }
    }
}

/// [`planes`] for voxels of one byte, of some rows alone: of each plane those of `rows`, ranges of j, one after the
/// other. Of each j only the i of its span are looked at; others are zero.
pub(super) fn byte_rows(
    source: &[u8],
    [ni, nj, nk]: [usize; 3],
    ks: Range<usize>,
    rows: &[Range<usize>],
    spans: &[Range<usize>],
    out: &mut [u8],
) {
    let n_planes = ks.len();
    let n_rows: usize = rows.iter().map(Range::len).sum();
    let whole_k = n_planes / 8 * 8;
    let mut tile = vec![0; n_planes * ni];
    for (row, j) in rows.iter().cloned().flatten().enumerate() {
        let Range { start, end } = spans[j];
        let line = |i: usize| &source[(i * nj + j) * nk..][ks.clone()];
        let whole_end = start + (end - start) / 8 * 8;
        for i in (start..whole_end).step_by(8) {
            for k in (0..whole_k).step_by(8) {
                let mut words = [0; 8];
                for (row, word) in words.iter_mut().enumerate() {
                    let at = ((i + row) * nj + j) * nk + ks.start + k;
                    let mut bytes = [0; 8];
                    bytes.copy_from_slice(&source[at..at + 8]);
                    *word = u64::from_le_bytes(bytes);
                }
                for (row, word) in transposed(words).iter().enumerate() {
                    let at = (k + row) * ni + i;
                    tile[at..at + 8].copy_from_slice(&word.to_le_bytes());
                }
            }
            for row in i..i + 8 {
                for (plane, &voxel) in line(row).iter().enumerate().skip(whole_k) {
                    tile[plane * ni + row] = voxel;
                }
            }
        }
        for i in whole_end..end {
            for (plane, &voxel) in line(i).iter().enumerate() {
                tile[plane * ni + i] = voxel;
            }
        }
        for (plane, tile) in out.chunks_exact_mut(n_rows * ni).zip(tile.chunks_exact_mut(ni)) {
            plane[row * ni..][..ni].copy_from_slice(tile);
            tile[start..end].fill(0);
        }
    }
}

/// A matrix of 8 by 8 bytes with rows and columns exchanged, by halves, quarters and single bytes.
fn transposed(mut rows: [u64; 8]) -> [u64; 8] {
    let mut exchange = |a: usize, b: usize, shift: u32, mask: u64| {
        let differs = (rows[a] >> shift ^ rows[b]) & mask;
        rows[a] ^= differs << shift;
        rows[b] ^= differs;
    };
    for row in 0..4 {
        exchange(row, row + 4, 32, 0x0000_0000_FFFF_FFFF);
    }
    for row in [0, 1, 4, 5] {
        exchange(row, row + 2, 16, 0x0000_FFFF_0000_FFFF);
    }
    for row in [0, 2, 4, 6] {
        exchange(row, row + 1, 8, 0x00FF_00FF_00FF_00FF);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_voxel_finds_its_place(ni in 1_usize..20, nj in 1_usize..4, nk in 1_usize..30, from in 0_usize..30, n in 1_usize..30) {
            let source: Vec<u8> = (0..ni * nj * nk).map(|n| (n * 31 + n / 251) as u8).collect();
            let ks = from.min(nk - 1)..(from + n).min(nk).max(from.min(nk - 1) + 1);
            let mut expected = Vec::new();
            for k in ks.clone() {
                for j in 0..nj {
                    expected.extend((0..ni).map(|i| source[(i * nj + j) * nk + k]));
                }
            }
            let mut out = vec![0; expected.len()];
            planes(&source, [ni, nj, nk], ks.clone(), &mut out, |voxel| [voxel]);
            prop_assert_eq!(&out, &expected);
            out.fill(9);
            let middle = nj / 2;
            byte_rows(&source, [ni, nj, nk], ks, &[0..middle, middle..nj], &vec![0..ni; nj], &mut out);
            prop_assert_eq!(&out, &expected);
        }
    }
}
