//! From a file's order of voxels to ours and back.

use std::ops::Range;

use rayon::prelude::*;

/// Turns voxels stored first axis fastest into voxels stored last axis fastest, converting each on the way: the way
/// of `(i, j, k)` out of a file, and with the shape reversed the way back into one.
#[cfg(any(feature = "dicom", test))]
pub(crate) fn transpose<S: Copy + Sync, O: Copy + Send>(
    source: &[S],
    shape: [usize; 3],
    out: &mut [O],
    convert: impl Fn(S) -> O + Sync,
) {
    assert_eq!(source.len(), shape.iter().product::<usize>(), "one source voxel per voxel of the shape");
    transpose_planes(source, shape, 0..shape[2], out, convert);
}

/// Does so for the planes `ks` of a volume alone: `source` holds these, `out` the whole volume.
pub(crate) fn transpose_planes<S: Copy + Sync, O: Copy + Send>(
    source: &[S],
    [ni, nj, nk]: [usize; 3],
    ks: Range<usize>,
    out: &mut [O],
    convert: impl Fn(S) -> O + Sync,
) {
    assert_eq!(source.len(), ni * nj * ks.len(), "one source voxel per voxel of the planes");
    assert_eq!(out.len(), ni * nj * nk, "one converted voxel per voxel of the shape");
    let Some(&any) = source.first() else { return };
    let n_rows = ni.div_ceil(rayon::current_num_threads()).min(MOST_ROWS);
    // Lines of voxels are written by whole lines of the cache where they all start alike in these.
    let per_line = (64 / size_of::<O>().max(1)).max(1);
    let alike = nk % per_line == 0;
    let block = if alike { 2 * per_line } else { 4 * per_line };
    out.par_chunks_mut(n_rows * nj * nk).enumerate().for_each(|(chunk, out)| {
        let first = chunk * n_rows;
        let n_rows = out.len() / (nj * nk);
        // A tile is put together first: lines of either side often lie a power of two apart, where a cache keeps only a
        // few of them at a time.
        let mut tile = vec![convert(any); n_rows * block];
        let unaligned = if alike { out[ks.start..].as_ptr().align_offset(64) } else { 0 };
        let mut k = 0;
        while k < ks.len() {
            let whole = if k == 0 && unaligned > 0 { unaligned.min(block) } else { block };
            let n_lines = whole.min(ks.len() - k);
            for j in 0..nj {
                for (line, tile) in tile.chunks_exact_mut(n_rows).take(n_lines).enumerate() {
                    let voxels = &source[((k + line) * nj + j) * ni + first..][..n_rows];
                    tile.iter_mut().zip(voxels).for_each(|(tile, &voxel)| *tile = convert(voxel));
                }
                for (row, plane) in out.chunks_exact_mut(nj * nk).enumerate() {
                    let line = &mut plane[j * nk + ks.start + k..][..n_lines];
                    line.iter_mut()
                        .zip(tile[row..].iter().step_by(n_rows))
                        .for_each(|(out, tile)| *out = *tile);
                }
            }
            k += n_lines;
        }
    });
}

/// Rows of i that are turned at once: as many as a tile has room for in a core's cache.
const MOST_ROWS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_voxel_finds_its_place_and_back(
            ni in 1_usize..70, nj in 1_usize..5, nk in 1_usize..130, n_planes in 1_usize..130,
        ) {
            let source: Vec<u32> = (0..(ni * nj * nk) as u32).collect();
            let mut out = vec![0; source.len()];
            transpose(&source, [ni, nj, nk], &mut out, |v| v);
            for (at, &voxel) in out.iter().enumerate() {
                let (i, j, k) = (at / (nj * nk), at / nk % nj, at % nk);
                prop_assert_eq!(voxel as usize, (k * nj + j) * ni + i);
            }
            let mut by_planes = vec![0; source.len()];
            for (planes, from) in source.chunks(n_planes * ni * nj).zip((0..nk).step_by(n_planes)) {
                let ks = from..(from + n_planes).min(nk);
                transpose_planes(planes, [ni, nj, nk], ks, &mut by_planes, |v| v);
            }
            prop_assert_eq!(&by_planes, &out);
            let mut back = vec![0; source.len()];
            transpose(&out, [nk, nj, ni], &mut back, |v| v);
            prop_assert_eq!(back, source);
        }
    }
}
