//! The nearest point of a set.

use std::ops::RangeInclusive;

use rayon::prelude::*;

use crate::metrics::bit_mask::{BitMask, places};

/// Finds, for any point of a lattice, the nearest point of a set, exactly.
///
/// It is a separable distance transform that is made only where it is asked for: along k by the bits of a row, then over
/// rows and planes outwards, as long as they can hold a nearer point. Planes and blocks of rows whose points are all too
/// far off are passed over. The squared distance is `((Δi·si)² + (Δj·sj)²) + (Δk·sk)²` in f64, and the smallest one is
/// taken: where the search starts does not change it.
#[derive(Debug)]
pub(crate) struct Nearest<'a> {
    points: &'a BitMask,
    /// Squared distances along each axis by steps.
    squares: [Vec<f64>; 3],
    planes: Vec<Option<Plane>>,
}

/// Where in a plane there are points.
#[derive(Debug)]
struct Plane {
    js: RangeInclusive<usize>,
    ks: RangeInclusive<usize>,
    /// The range along k in each block of rows.
    blocks: Vec<Option<RangeInclusive<usize>>>,
}

/// Rows of a block.
const BLOCK: usize = 8;

impl<'a> Nearest<'a> {
    pub(crate) fn new(points: &'a BitMask, spacing: [f64; 3]) -> Self {
        let shape = points.shape();
        let square = |axis: usize| -> Vec<f64> {
            (0..shape[axis]).map(|steps| (steps as f64 * spacing[axis]).powi(2)).collect()
        };
        let planes = (0..shape[0]).into_par_iter().map(|i| Plane::of(points, i)).collect();
        Self { points, squares: [0, 1, 2].map(square), planes }
    }

    /// For each point of a set on the same lattice, in the order of its planes and rows, its place and the distance to
    /// the nearest point of this one.
    pub(crate) fn distances_from<T: Send>(
        &self,
        from: &BitMask,
        each: impl Fn([usize; 3], f64) -> T + Sync,
    ) -> Vec<T> {
        let [n_i, n_j, _] = from.shape();
        let of_plane = |i: usize| {
            let mut distances = Vec::new();
            let mut last = None;
            for j in 0..n_j {
                for k in places(from.row(i, j)) {
                    let nearest = self.nearest([i, j, k], last);
                    last = nearest.1;
                    distances.push(each([i, j, k], nearest.0.sqrt()));
                }
            }
            distances
        };
        let planes: Vec<_> = (0..n_i).into_par_iter().map(of_plane).collect();
        let mut all = Vec::with_capacity(planes.iter().map(Vec::len).sum());
        planes.into_iter().for_each(|plane| all.extend(plane));
        all
    }

    /// The squared distance to the nearest point, and that point; infinite and none in an empty set. A near one that is
    /// known already saves most of the search.
    fn nearest(&self, at: [usize; 3], known: Option<[usize; 3]>) -> (f64, Option<[usize; 3]>) {
        let mut best = (known.map_or(f64::INFINITY, |point| self.squared(at, point)), known);
        let n_i = self.planes.len();
        for (steps, &square) in self.squares[0].iter().enumerate() {
            if square >= best.0 {
                break;
            }
            let (before, after) = (at[0].checked_sub(steps), at[0] + steps);
            if let Some(i) = before {
                self.search_plane(i, at, square, &mut best);
            }
            if steps > 0 && after < n_i {
                self.search_plane(after, at, square, &mut best);
            }
        }
        best
    }

    fn squared(&self, at: [usize; 3], point: [usize; 3]) -> f64 {
        let [i, j, k] = [0, 1, 2].map(|axis| self.squares[axis][at[axis].abs_diff(point[axis])]);
        i + j + k
    }

    fn search_plane(&self, i: usize, at: [usize; 3], base: f64, best: &mut (f64, Option<[usize; 3]>)) {
        let Some(plane) = &self.planes[i] else { return };
        let [_, j, k] = at;
        let [squares_j, squares_k] = [&self.squares[1], &self.squares[2]];
        let (first, last) = (*plane.js.start(), *plane.js.end());
        let start = j.clamp(first, last);
        if base + squares_j[j.abs_diff(start)] + squares_k[gap(k, &plane.ks)] >= best.0 {
            return;
        }
        // From the row nearest to the point, first towards smaller j, then towards larger.
        let mut row = start;
        loop {
            let base = base + squares_j[j.abs_diff(row)];
            if base >= best.0 {
                break;
            }
            let block = &plane.blocks[row / BLOCK];
            let next = match block {
                Some(ks) if base + squares_k[gap(k, ks)] < best.0 => {
                    self.search_row([i, row], k, base, best);
                    row.checked_sub(1)
                }
                _ => (row / BLOCK * BLOCK).checked_sub(1), // the whole block is too far off
            };
            match next {
                Some(next) if next >= first => row = next,
                _ => break,
            }
        }
        let mut row = start + 1;
        while row <= last {
            let base = base + squares_j[j.abs_diff(row)];
            if base >= best.0 {
                break;
            }
            match &plane.blocks[row / BLOCK] {
                Some(ks) if base + squares_k[gap(k, ks)] < best.0 => {
                    self.search_row([i, row], k, base, best);
                    row += 1;
                }
                _ => row = (row / BLOCK + 1) * BLOCK,
            }
        }
    }

    fn search_row(&self, [i, j]: [usize; 2], k: usize, base: f64, best: &mut (f64, Option<[usize; 3]>)) {
        let bits = self.points.row(i, j);
        let mut consider = |place: usize| {
            let squared = base + self.squares[2][k.abs_diff(place)];
            if squared < best.0 {
                *best = (squared, Some([i, j, place]));
            }
        };
        let (word, bit) = (k / 64, k % 64);
        let up_to = bits[word] & (u64::MAX >> (63 - bit));
        let before =
            if up_to != 0 { Some((word, up_to)) } else { nonzero(bits[..word].iter().enumerate().rev()) };
        if let Some((word, bits)) = before {
            consider(64 * word + 63 - bits.leading_zeros() as usize);
        }
        let from = bits[word] & (u64::MAX << bit);
        let after =
            if from != 0 { Some((word, from)) } else { nonzero(bits.iter().enumerate().skip(word + 1)) };
        if let Some((word, bits)) = after {
            consider(64 * word + bits.trailing_zeros() as usize);
        }
    }
}

fn nonzero<'b>(mut words: impl Iterator<Item = (usize, &'b u64)>) -> Option<(usize, u64)> {
    words.find(|(_, bits)| **bits != 0).map(|(word, &bits)| (word, bits))
}

/// Steps from an index to a range.
fn gap(index: usize, range: &RangeInclusive<usize>) -> usize {
    range.start().saturating_sub(index).max(index.saturating_sub(*range.end()))
}

impl Plane {
    fn of(points: &BitMask, i: usize) -> Option<Self> {
        let n_j = points.shape()[1];
        let extent = |j: usize| -> Option<RangeInclusive<usize>> {
            let bits = points.row(i, j);
            let (first, low) = nonzero(bits.iter().enumerate())?;
            let (last, high) = nonzero(bits.iter().enumerate().rev())?;
            Some(64 * first + low.trailing_zeros() as usize..=64 * last + 63 - high.leading_zeros() as usize)
        };
        let joined = |a: RangeInclusive<usize>, b: RangeInclusive<usize>| {
            *a.start().min(b.start())..=*a.end().max(b.end())
        };
        let mut js: Option<RangeInclusive<usize>> = None;
        let mut blocks = vec![None; n_j.div_ceil(BLOCK)];
        for j in 0..n_j {
            if let Some(ks) = extent(j) {
                js = Some(js.map_or(j..=j, |js| *js.start()..=j));
                let block = &mut blocks[j / BLOCK];
                *block = Some(block.take().map_or(ks.clone(), |earlier| joined(earlier, ks)));
            }
        }
        let ks = blocks.iter().flatten().cloned().reduce(joined)?;
        Some(Self { js: js?, ks, blocks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::sample_rng;
    use proptest::prelude::*;
    use rand::Rng as _;

    proptest! {
        #[test]
        fn distances_are_those_of_a_search_over_all_points(
            shape in [1_usize..6, 1_usize..30, 1_usize..150],
            spacing in [0.3_f64..5.0, 0.3_f64..5.0, 0.3_f64..5.0],
            rarity in 2_u32..2000,
            seed: u64,
        ) {
            let mut rng = sample_rng(seed, 0, 0);
            let mut set = || {
                let mut mask = BitMask::empty(shape);
                let mut points = Vec::new();
                for (i, j, k) in ndarray::indices(shape) {
                    if rng.random_range(0..rarity) == 0 {
                        points.push([i, j, k]);
                    }
                }
                let rows = points.clone();
                mask.fill(|i, j, bits| {
                    for [_, _, k] in rows.iter().filter(|point| point[..2] == [i, j]) {
                        bits[k / 64] |= 1 << (k % 64);
                    }
                });
                (mask, points)
            };
            let ((from, from_points), (to, to_points)) = (set(), set());
            let found = Nearest::new(&to, spacing).distances_from(&from, |at, distance| (at, distance));
            let expected = from_points.into_iter().map(|at| {
                let step = |axis: usize, to: [usize; 3]| at[axis].abs_diff(to[axis]) as f64 * spacing[axis];
                let squared = |&to: &[usize; 3]| step(0, to).powi(2) + step(1, to).powi(2) + step(2, to).powi(2);
                (at, to_points.iter().map(squared).fold(f64::INFINITY, f64::min).sqrt())
            });
            prop_assert_eq!(found, expected.collect::<Vec<_>>());
        }
    }
}
