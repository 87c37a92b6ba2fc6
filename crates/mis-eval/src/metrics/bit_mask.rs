//! Points of a lattice, a bit each.

use std::ops::Range;

use mis_core::LabelMap;
use rayon::prelude::*;

/// Indices along i, j and k.
pub(crate) type Bounds = [Range<usize>; 3];

/// A set of points `(i, j, k)` of a lattice. Rows along k are whole words, k in the order of the bits; bits beyond a
/// row's end are zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BitMask {
    shape: [usize; 3],
    words: usize,
    bits: Vec<u64>,
}

impl BitMask {
    pub(crate) fn empty(shape: [usize; 3]) -> Self {
        let words = shape[2].div_ceil(64);
        Self { shape, words, bits: vec![0; shape[0] * shape[1] * words] }
    }

    /// The voxels of a class in a box.
    pub(crate) fn of_class(labels: &LabelMap, class: u8, bounds: &Bounds) -> Self {
        let [_, n_j, n_k] = labels.shape();
        let [is, js, ks] = bounds.clone();
        let mut mask = Self::empty(bounds.clone().map(|range| range.len()));
        let labels = labels.as_slice();
        mask.fill(|i, j, bits| {
            let start = ((is.start + i) * n_j + js.start + j) * n_k;
            class_bits(&labels[start + ks.start..start + ks.end], class, bits);
        });
        mask
    }

    /// Number of points along i, j and k, in the set or not.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The bits of a row along k.
    pub(crate) fn row(&self, i: usize, j: usize) -> &[u64] {
        let start = (i * self.shape[1] + j) * self.words;
        &self.bits[start..start + self.words]
    }

    /// Fills all rows, in parallel over planes.
    pub(crate) fn fill(&mut self, row: impl Fn(usize, usize, &mut [u64]) + Sync) {
        let words = self.words;
        let planes = self.bits.par_chunks_exact_mut(self.shape[1] * words).enumerate();
        planes.for_each(|(i, plane)| {
            plane.chunks_exact_mut(words).enumerate().for_each(|(j, bits)| row(i, j, bits));
        });
    }

    /// The points with a neighbor along one of these axes that is not in the set or beyond the lattice.
    pub(crate) fn edges(&self, axes: [bool; 3]) -> Self {
        let mut edges = Self::empty(self.shape);
        let outside = vec![0; self.words];
        let row = |i: usize, j: usize| {
            if i < self.shape[0] && j < self.shape[1] { self.row(i, j) } else { &outside }
        };
        edges.fill(|i, j, edges| {
            let bits = self.row(i, j);
            // wrapping: one before the first is beyond the last.
            let mut across = [bits; 4];
            if axes[0] {
                (across[0], across[1]) = (row(i.wrapping_sub(1), j), row(i + 1, j));
            }
            if axes[1] {
                (across[2], across[3]) = (row(i, j.wrapping_sub(1)), row(i, j + 1));
            }
            for word in 0..bits.len() {
                let mut inside = across.iter().fold(bits[word], |inside, row| inside & row[word]);
                if axes[2] {
                    inside &= shifted_up(bits, word) & shifted_down(bits, word);
                }
                edges[word] = bits[word] & !inside;
            }
        });
        edges
    }
}

/// A word of the row whose points are moved by one towards larger k.
pub(crate) fn shifted_up(bits: &[u64], word: usize) -> u64 {
    let carried = if word > 0 { bits[word - 1] >> 63 } else { 0 };
    bits[word] << 1 | carried
}

/// A word of the row whose points are moved by one towards smaller k.
pub(crate) fn shifted_down(bits: &[u64], word: usize) -> u64 {
    let carried = bits.get(word + 1).map_or(0, |next| next << 63);
    bits[word] >> 1 | carried
}

/// The places of a row's points, in their order.
pub(crate) fn places(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(word, &bits)| {
        let mut rest = bits;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(64 * word + bit)
        })
    })
}

/// Which labels of a row are of the class.
fn class_bits(labels: &[u8], class: u8, bits: &mut [u64]) {
    let every = u64::from_ne_bytes([class; 8]);
    for (bits, labels) in bits.iter_mut().zip(labels.chunks(64)) {
        let (eights, rest) = labels.as_chunks::<8>();
        *bits = 0;
        for (place, eight) in eights.iter().enumerate() {
            *bits |= zero_bytes(u64::from_le_bytes(*eight) ^ every) << (8 * place);
        }
        for (place, &label) in rest.iter().enumerate() {
            *bits |= u64::from(label == class) << (8 * eights.len() + place);
        }
    }
}

/// A bit for each of the eight bytes that is zero.
fn zero_bytes(bytes: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let high_where_zero = !(((bytes & LOW) + LOW) | bytes | LOW);
    // The product brings bit 8 n to bit 56 + n, and no two bits to one place.
    (high_where_zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::random;

    #[test]
    fn bits_are_the_voxels_of_the_class_in_the_box() {
        for (seed, shape) in [(1, [3, 4, 150]), (2, [2, 5, 64]), (3, [4, 4, 3])] {
            let labels = random(shape, 4, seed);
            let bounds = [1..shape[0], 1..4, 1..shape[2]];
            let mask = BitMask::of_class(&labels, 2, &bounds);
            for i in 0..shape[0] - 1 {
                for j in 0..3 {
                    let found: Vec<_> = places(mask.row(i, j)).collect();
                    let is_class = |&k: &usize| labels.data()[(i + 1, j + 1, k + 1)] == 2;
                    assert_eq!(found, (0..shape[2] - 1).filter(is_class).collect::<Vec<_>>());
                }
            }
        }
    }
}
