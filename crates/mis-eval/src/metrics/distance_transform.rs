//! How far every voxel of a box is from the nearest marked one.

use rayon::prelude::*;

/// Squared distances in mm² from each voxel `(i, j, k)` of a box to the nearest marked voxel, exactly, one axis after
/// the other (Felzenszwalb & Huttenlocher 2012); infinite where none is marked.
///
/// The answer is in the order `(j, k, i)`, as the last pass leaves it.
pub(crate) fn squared_distances(marked: &[bool], shape: [usize; 3], spacing: [f64; 3]) -> Vec<f32> {
    let [n_i, n_j, n_k] = shape;
    let plane = n_j * n_k;
    let mut within_planes = vec![f32::INFINITY; marked.len()];
    within_planes.par_chunks_exact_mut(plane).zip(marked.par_chunks_exact(plane)).for_each(
        |(distances, marked)| {
            for (distances, marked) in distances.chunks_exact_mut(n_k).zip(marked.chunks_exact(n_k)) {
                along_row(distances, marked, spacing[2]);
            }
            let mut envelope = Envelope::new(n_j, spacing[1]);
            for k in 0..n_k {
                envelope.build((0..n_j).map(|j| distances[j * n_k + k]));
                envelope.evaluate(|j, distance| distances[j * n_k + k] = distance);
            }
        },
    );
    let mut squared = vec![f32::INFINITY; marked.len()];
    squared.par_chunks_exact_mut(n_k * n_i).enumerate().for_each(|(j, squared)| {
        let mut envelope = Envelope::new(n_i, spacing[0]);
        for (k, squared) in squared.chunks_exact_mut(n_i).enumerate() {
            envelope.build((0..n_i).map(|i| within_planes[i * plane + j * n_k + k]));
            envelope.evaluate(|i, distance| squared[i] = distance);
        }
    });
    squared
}

/// Squared distances along one row, by a sweep in each direction.
fn along_row(distances: &mut [f32], marked: &[bool], spacing: f64) {
    let mut sweep = |indices: &mut dyn Iterator<Item = usize>| {
        let mut steps: Option<u32> = None;
        for index in indices {
            steps = if marked[index] { Some(0) } else { steps.map(|n| n + 1) };
            if let Some(steps) = steps {
                let distance = (f64::from(steps) * spacing).powi(2) as f32;
                distances[index] = distances[index].min(distance);
            }
        }
    };
    sweep(&mut (0..marked.len()));
    sweep(&mut (0..marked.len()).rev());
}

/// The lower envelope of parabolas that stand on the voxels of a line.
struct Envelope {
    spacing: f64,
    n: usize,
    /// Each parabola of the envelope: position and height of its vertex, and where it starts to be the lowest.
    parabolas: Vec<(f64, f64, f64)>,
}

impl Envelope {
    fn new(n: usize, spacing: f64) -> Self {
        Self { spacing, n, parabolas: Vec::with_capacity(n) }
    }

    fn build(&mut self, heights: impl Iterator<Item = f32>) {
        self.parabolas.clear();
        for (index, height) in heights.enumerate().filter(|(_, height)| height.is_finite()) {
            let (x, height) = (index as f64 * self.spacing, f64::from(height));
            let mut from = f64::NEG_INFINITY;
            while let Some(&(other_x, other_height, other_from)) = self.parabolas.last() {
                from = ((height + x * x) - (other_height + other_x * other_x)) / (2.0 * (x - other_x));
                if from > other_from {
                    break;
                }
                self.parabolas.pop();
                from = f64::NEG_INFINITY;
            }
            self.parabolas.push((x, height, from));
        }
    }

    fn evaluate(&self, mut write: impl FnMut(usize, f32)) {
        let mut rest = self.parabolas.as_slice();
        for index in 0..self.n {
            let x = index as f64 * self.spacing;
            while let [_, next, ..] = rest
                && next.2 <= x
            {
                rest = &rest[1..];
            }
            if let Some(&(vertex, height, _)) = rest.first() {
                write(index, (height + (x - vertex).powi(2)) as f32);
            }
        }
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
        fn distances_are_those_of_a_search_over_all_marked_voxels(
            shape in [1_usize..8, 1_usize..8, 1_usize..8],
            spacing in [0.3_f64..5.0, 0.3_f64..5.0, 0.3_f64..5.0],
            seed: u64,
        ) {
            let [n_i, n_j, n_k] = shape;
            let mut rng = sample_rng(seed, 0, 0);
            let marked: Vec<bool> = (0..n_i * n_j * n_k).map(|_| rng.random_range(0..10) == 0).collect();
            let at = |index: usize| [index / (n_j * n_k), index / n_k % n_j, index % n_k];
            let squared = squared_distances(&marked, shape, spacing);
            for index in 0..marked.len() {
                let [i, j, k] = at(index);
                let mut expected = f64::INFINITY;
                for other in (0..marked.len()).filter(|&other| marked[other]).map(at) {
                    let step = |axis: usize| (at(index)[axis] as f64 - other[axis] as f64) * spacing[axis];
                    expected = expected.min((0..3).map(|axis| step(axis).powi(2)).sum());
                }
                let found = f64::from(squared[(j * n_k + k) * n_i + i]);
                // Each of the three passes rounds to f32.
                prop_assert!(found == expected || (found - expected).abs() <= 3e-7 * expected, "{found} is not {expected}");
            }
        }
    }
}
