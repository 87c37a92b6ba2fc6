//! Connected parts of a label map.

use mis_core::LabelMap;
use serde::{Deserialize, Serialize};

/// Which voxels are neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connectivity {
    /// Those that share a face: 6 in a volume.
    Faces,
    /// Those that share a face, an edge or a corner: 26 in a volume.
    #[default]
    Corners,
}

/// Which labels make one mask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Each class but the background is a mask of its own.
    #[default]
    EachClass,
    /// All classes but the background together are one mask.
    Foreground,
    /// Each of these classes is a mask of its own; the others stay as they are.
    Classes(Vec<u8>),
}

impl Of {
    /// The masks, each as which labels are in it.
    pub(super) fn masks(&self, labels: &LabelMap) -> Vec<[bool; 256]> {
        let one = |class: u8| std::array::from_fn(|label| label == usize::from(class));
        match self {
            Self::EachClass => {
                let largest = labels.as_slice().iter().copied().max().unwrap_or(0);
                (1..=largest).map(one).collect()
            }
            Self::Foreground => vec![std::array::from_fn(|label| label > 0)],
            Self::Classes(classes) => classes.iter().copied().map(one).collect(),
        }
    }
}

/// The connected parts of a mask, found row by row (Rosenfeld & Pfaltz 1966, with runs in place of voxels): memory is a few
/// words for each run of voxels along k.
#[derive(Debug)]
pub(super) struct Components {
    /// Runs of voxels along k, in the order of memory.
    pub(super) runs: Vec<Run>,
    /// The component of each run, numbered in the order of their first voxels.
    pub(super) of_run: Vec<usize>,
    /// Voxels of each component.
    pub(super) n_voxels: Vec<usize>,
}

/// Voxels side by side along k.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Their row: i · nⱼ + j.
    pub(super) row: usize,
    /// The first along k, and the one after the last.
    pub(super) k: [usize; 2],
}

impl Run {
    /// Its voxels in a slice of a map with rows of `n_k` voxels.
    pub(super) fn voxels(&self, n_k: usize) -> std::ops::Range<usize> {
        self.row * n_k + self.k[0]..self.row * n_k + self.k[1]
    }
}

impl Components {
    pub(super) fn of(labels: &LabelMap, mask: &[bool; 256], connectivity: Connectivity) -> Self {
        let [n_i, n_j, n_k] = labels.shape();
        let mut runs = Vec::new();
        let mut first_of_row = Vec::with_capacity(n_i * n_j + 1);
        for (row, values) in labels.as_slice().chunks_exact(n_k).enumerate() {
            first_of_row.push(runs.len());
            let mut k = 0;
            while let Some(start) = values[k..].iter().position(|&label| mask[usize::from(label)]) {
                let start = k + start;
                let length = values[start..].iter().position(|&label| !mask[usize::from(label)]);
                k = length.map_or(n_k, |length| start + length);
                runs.push(Run { row, k: [start, k] });
            }
        }
        first_of_row.push(runs.len());

        let mut parents: Vec<usize> = (0..runs.len()).collect();
        // Rows that come before and touch, and how far runs may be apart along k.
        let (before, reach): (&[[isize; 2]], usize) = match connectivity {
            Connectivity::Faces => (&[[-1, 0], [0, -1]], 0),
            Connectivity::Corners => (&[[-1, -1], [-1, 0], [-1, 1], [0, -1]], 1),
        };
        for i in 0..n_i {
            for j in 0..n_j {
                let here = i * n_j + j;
                for [step_i, step_j] in before {
                    let (Some(i), Some(j)) = (i.checked_add_signed(*step_i), j.checked_add_signed(*step_j))
                    else {
                        continue;
                    };
                    if j < n_j {
                        let there = i * n_j + j;
                        let rows = [here, there].map(|row| first_of_row[row]..first_of_row[row + 1]);
                        join_rows(&runs, rows, reach, &mut parents);
                    }
                }
            }
        }

        let mut numbers = vec![usize::MAX; runs.len()];
        let (mut of_run, mut n_voxels) = (Vec::with_capacity(runs.len()), Vec::new());
        for (run_idx, run) in runs.iter().enumerate() {
            let root = root(&mut parents, run_idx);
            if numbers[root] == usize::MAX {
                numbers[root] = n_voxels.len();
                n_voxels.push(0);
            }
            of_run.push(numbers[root]);
            n_voxels[numbers[root]] += run.k[1] - run.k[0];
        }
        Self { runs, of_run, n_voxels }
    }

    /// Makes background of the components that are not kept.
    pub(super) fn keep(&self, labels: &mut LabelMap, is_kept: impl Fn(usize) -> bool) {
        let n_k = labels.shape()[2];
        for (run, &component) in self.runs.iter().zip(&self.of_run) {
            if !is_kept(component) {
                labels.as_slice_mut()[run.voxels(n_k)].fill(0);
            }
        }
    }
}

/// Joins the runs of two rows that touch.
fn join_rows(runs: &[Run], [here, there]: [std::ops::Range<usize>; 2], reach: usize, parents: &mut [usize]) {
    let (mut a, mut b) = (here.start, there.start);
    while a < here.end && b < there.end {
        let ([a_from, a_to], [b_from, b_to]) = (runs[a].k, runs[b].k);
        if a_from < b_to + reach && b_from < a_to + reach {
            let (first, second) = (root(parents, a), root(parents, b));
            parents[first.max(second)] = first.min(second);
        }
        if a_to < b_to { a += 1 } else { b += 1 }
    }
}

fn root(parents: &mut [usize], mut run: usize) -> usize {
    while parents[run] != run {
        parents[run] = parents[parents[run]];
        run = parents[run];
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::ndarray::Array3;
    use mis_core::{Affine, sample_rng};
    use rand::Rng as _;

    /// Flood fill, voxel by voxel: sizes in the order of first voxels.
    fn flooded(labels: &LabelMap, connectivity: Connectivity) -> Vec<usize> {
        let shape = labels.shape();
        let mut left = labels.data().mapv(|label| label == 1);
        let mut sizes = Vec::new();
        for start in ndarray::indices(shape) {
            if !left[start] {
                continue;
            }
            left[start] = false;
            let (mut stack, mut size) = (vec![start], 0);
            while let Some((i, j, k)) = stack.pop() {
                size += 1;
                for step in ndarray::indices([3, 3, 3]) {
                    let away = [step.0, step.1, step.2].iter().filter(|&&along| along != 1).count();
                    let next = (i + step.0, j + step.1, k + step.2); // one too far along each axis
                    let inside = next.0 >= 1 && next.1 >= 1 && next.2 >= 1;
                    if away == 0 || (connectivity == Connectivity::Faces && away > 1) || !inside {
                        continue;
                    }
                    let next = (next.0 - 1, next.1 - 1, next.2 - 1);
                    if left.get(next) == Some(&true) {
                        left[next] = false;
                        stack.push(next);
                    }
                }
            }
            sizes.push(size);
        }
        sizes
    }

    #[test]
    fn runs_find_the_components_that_flood_fill_finds() {
        let mask = std::array::from_fn(|label| label == 1);
        for (index, shape) in [[7, 8, 9], [1, 12, 12], [12, 12, 1], [3, 1, 40]].into_iter().enumerate() {
            for share in [0.1, 0.3, 0.5, 0.7] {
                let mut rng = sample_rng(3, (share * 10.0) as u32, index as u64);
                let data = Array3::from_shape_simple_fn(shape, || u8::from(rng.random_bool(share)));
                let labels = LabelMap::new(data, Affine::from_spacing([1.0; 3])).unwrap();
                for connectivity in [Connectivity::Faces, Connectivity::Corners] {
                    let found = Components::of(&labels, &mask, connectivity);
                    assert_eq!(found.n_voxels, flooded(&labels, connectivity), "{shape:?} {connectivity:?}");
                }
            }
        }
    }
}
