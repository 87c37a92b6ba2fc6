//! From a file's order of voxels to ours and back.

use std::ops::Range;

use rayon::prelude::*;

/// Turns voxels stored first axis fastest into voxels stored last axis fastest, converting each on the way: the way
/// of `(i, j, k)` out of a file, and with the shape reversed the way back into one.
#[cfg(any(feature = "dicom", test))]
pub(crate) fn transpose<S: Copy + Sync, O: Send>(
    source: &[S],
    shape: [usize; 3],
    out: &mut [O],
    convert: impl Fn(S) -> O + Sync,
) {
    assert_eq!(source.len(), shape.iter().product::<usize>(), "one source voxel per voxel of the shape");
    transpose_planes(source, shape, 0..shape[2], out, convert);
}

/// Does so for the planes `ks` of a volume alone: `source` holds these, `out` the whole volume.
pub(crate) fn transpose_planes<S: Copy + Sync, O: Send>(
    source: &[S],
    [ni, nj, nk]: [usize; 3],
    ks: Range<usize>,
    out: &mut [O],
    convert: impl Fn(S) -> O + Sync,
) {
    assert_eq!(source.len(), ni * nj * ks.len(), "one source voxel per voxel of the planes");
    assert_eq!(out.len(), ni * nj * nk, "one converted voxel per voxel of the shape");
    let Some(&any) = source.first() else { return };
    let per_line = (64 / size_of::<S>().max(1)).max(1);
    let n_rows = per_line.min(ni.div_ceil(rayon::current_num_threads())).max(1);
    out.par_chunks_mut(n_rows * nj * nk).enumerate().for_each(|(chunk, out)| {
        // A tile of the source is copied together first: its lines often lie a power of two apart, where a cache keeps
        // only a few of them at a time (labels of 52 MB: 85 ms without, 50 ms with).
        let mut tile = vec![any; n_rows * BLOCK];
        let first = chunk * n_rows;
        let n_rows = out.len() / (nj * nk);
        for j in 0..nj {
            for block in (0..ks.len()).step_by(BLOCK) {
                let n_lines = BLOCK.min(ks.len() - block);
                for (line, k) in tile.chunks_exact_mut(n_rows).zip(block..block + n_lines) {
                    line.copy_from_slice(&source[(k * nj + j) * ni + first..][..n_rows]);
                }
                for (row, plane) in out.chunks_exact_mut(nj * nk).enumerate() {
                    let line = &mut plane[j * nk + ks.start + block..][..n_lines];
                    for (out, &voxel) in line.iter_mut().zip(tile[row..].iter().step_by(n_rows)) {
                        *out = convert(voxel);
                    }
                }
            }
        }
    });
}

/// Lines of the source in a tile.
const BLOCK: usize = 64;

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
