//! Where each class lies.

use mis_core::{IGNORE, LabelMap, sample_rng};
use rand::seq::index;

/// Voxels of each class of a case: all of them, or so many drawn uniformly without replacement, always the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassIndex {
    shape: [usize; 3],
    /// Offsets of voxels, ascending, by class.
    voxels: Vec<Vec<u64>>,
}

/// Voxels that are kept of a class: as many as nnU-Net keeps, 80 KB.
const MOST: usize = 10_000;

impl ClassIndex {
    /// Looks at each voxel twice: to count, and to pick.
    #[must_use]
    pub fn of(labels: &LabelMap) -> Self {
        let mut counts = [0_usize; 256];
        for &label in labels.as_slice() {
            counts[usize::from(label)] += 1;
        }
        counts[usize::from(IGNORE)] = 0; // no class
        let n_classes = counts.iter().rposition(|&n| n > 0).map_or(0, |last| last + 1);
        // Which of a class's voxels are kept, by their rank; the last first.
        let mut ranks: Vec<Vec<usize>> = (0_u64..)
            .zip(&counts[..n_classes])
            .map(|(class, &n)| {
                let rng = &mut sample_rng(0, 0, class);
                let mut ranks = index::sample(rng, n, n.min(MOST)).into_vec();
                ranks.sort_unstable_by(|a, b| b.cmp(a));
                ranks
            })
            .collect();
        let mut voxels: Vec<Vec<u64>> = ranks.iter().map(|ranks| Vec::with_capacity(ranks.len())).collect();
        let mut seen = [0_usize; 256];
        for (offset, &label) in (0_u64..).zip(labels.as_slice()) {
            if label == IGNORE {
                continue;
            }
            let class = usize::from(label);
            if ranks[class].last() == Some(&seen[class]) {
                ranks[class].pop();
                voxels[class].push(offset);
            }
            seen[class] += 1;
        }
        Self { shape: labels.shape(), voxels }
    }

    /// The classes that the case has, ascending.
    pub fn classes(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).zip(&self.voxels).filter(|(_, voxels)| !voxels.is_empty()).map(|(class, _)| class)
    }

    /// Number of voxels that are kept of a class.
    #[must_use]
    pub fn n_voxels(&self, class: u8) -> usize {
        self.voxels.get(usize::from(class)).map_or(0, Vec::len)
    }

    /// One of the voxels that are kept of a class, `[i, j, k]`.
    ///
    /// # Panics
    /// Past the last.
    #[must_use]
    pub fn voxel(&self, class: u8, voxel_idx: usize) -> [usize; 3] {
        let offset = self.voxels[usize::from(class)][voxel_idx] as usize;
        let [_, n_j, n_k] = self.shape;
        [offset / (n_j * n_k), offset / n_k % n_j, offset % n_k]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, ndarray::Array3};

    #[test]
    fn every_voxel_of_a_small_class_is_kept_and_a_bounded_draw_of_a_large_one() {
        let labels = Array3::from_shape_fn([40, 30, 20], |(i, j, k)| match (i, j, k) {
            (3, 4, 5) => 2,
            (0, _, 15..) => IGNORE,
            (_, _, 0..10) => 1,
            _ => 0,
        });
        let labels = LabelMap::new(labels, Affine::from_spacing([1.0; 3])).unwrap();
        let index = ClassIndex::of(&labels);
        assert_eq!(index.classes().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((index.n_voxels(2), index.voxel(2, 0)), (1, [3, 4, 5]));
        assert_eq!(index.n_voxels(1), 10_000); // of 11 999
        assert_eq!(index.n_voxels(7), 0);
        for voxel_idx in 0..index.n_voxels(1) {
            assert_eq!(labels.data()[index.voxel(1, voxel_idx)], 1);
        }
        // Uniform: the voxels' middle is the class's, to 5 standard errors of a draw that leaves out a sixth.
        let mean = (0..10_000).map(|n| index.voxel(1, n)[0] as f64).sum::<f64>() / 10_000.0;
        assert!((mean - 19.5).abs() < 5.0 * 11.5 / 100.0 * (1.0_f64 / 6.0).sqrt(), "{mean}");
        assert_eq!(index, ClassIndex::of(&labels));
    }
}
