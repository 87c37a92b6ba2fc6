//! The connected parts of a mask.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Which voxels are neighbors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connectivity {
    /// Those that share a face: 6, in a 2-D image 4.
    Faces,
    /// Those that share a face or an edge: 18, in a 2-D image 8.
    Edges,
    /// Those that share a face, an edge or a corner: 26, in a 2-D image 8.
    #[default]
    Corners,
}

impl Connectivity {
    /// Number of neighbors of a voxel inside a volume.
    #[must_use]
    pub fn n_neighbors(self) -> usize {
        match self {
            Self::Faces => 6,
            Self::Edges => 18,
            Self::Corners => 26,
        }
    }

    /// The rows before a row that its voxels have neighbors in, as steps along i and j, and how far along k.
    fn rows_before(self) -> &'static [([isize; 2], usize)] {
        match self {
            Self::Faces => &[([0, -1], 0), ([-1, 0], 0)],
            Self::Edges => &[([0, -1], 1), ([-1, -1], 0), ([-1, 0], 1), ([-1, 1], 0)],
            Self::Corners => &[([0, -1], 1), ([-1, -1], 1), ([-1, 0], 1), ([-1, 1], 1)],
        }
    }
}

/// Voxels of a mask side by side along k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Their row: i · nⱼ + j.
    pub row: usize,
    /// The first along k.
    pub first: usize,
    /// One beyond the last.
    pub end: usize,
}

impl Run {
    /// Its voxels in a slice of a map with rows of `n_k` voxels.
    #[must_use]
    pub fn voxels(&self, n_k: usize) -> Range<usize> {
        self.row * n_k + self.first..self.row * n_k + self.end
    }
}

/// The connected components of a mask, numbered in the order of their first voxels: found row by row (Rosenfeld & Pfaltz
/// 1966, with runs in place of voxels), so that memory is a few words for each run.
#[derive(Debug)]
pub struct Components {
    runs: Vec<Run>,
    of_run: Vec<usize>,
    sizes: Vec<u64>,
    rows: Vec<usize>, // the first run of each row, and the number of runs
}

impl Components {
    /// Of a mask on `n_i` times `n_j` rows, given by its runs in the order of memory. Two runs of a row do not touch.
    ///
    /// # Panics
    /// Where a run lies in no row.
    #[must_use]
    pub fn of(runs: Vec<Run>, [n_i, n_j]: [usize; 2], connectivity: Connectivity) -> Self {
        let mut rows = vec![0; n_i * n_j + 1];
        for run in &runs {
            rows[run.row + 1] += 1;
        }
        for row in 0..n_i * n_j {
            rows[row + 1] += rows[row];
        }
        // Each run's parent in its tree; a root is the first run of its component so far.
        let mut parents: Vec<usize> = (0..runs.len()).collect();
        for row in (0..n_i * n_j).filter(|&row| rows[row] < rows[row + 1]) {
            for &([step_i, step_j], reach) in connectivity.rows_before() {
                let steps = ((row / n_j).checked_add_signed(step_i), (row % n_j).checked_add_signed(step_j));
                if let (Some(i), Some(j)) = steps
                    && j < n_j
                {
                    let earlier = i * n_j + j;
                    let ranges = [rows[earlier]..rows[earlier + 1], rows[row]..rows[row + 1]];
                    join_rows(&runs, ranges, reach, &mut parents);
                }
            }
        }
        let (mut of_run, mut sizes) = (Vec::with_capacity(runs.len()), Vec::new());
        for (place, run) in runs.iter().enumerate() {
            let root = root(&mut parents, place);
            let component = if root == place { sizes.len() } else { of_run[root] };
            if root == place {
                sizes.push(0);
            }
            of_run.push(component);
            sizes[component] += (run.end - run.first) as u64;
        }
        Self { runs, of_run, sizes, rows }
    }

    /// Voxels of each component.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// The runs in the order of memory, each with the number of its component.
    pub fn runs(&self) -> impl Iterator<Item = (&Run, usize)> {
        self.runs.iter().zip(self.of_run.iter().copied())
    }

    /// How many voxels each pair of components of two masks on the same rows shares, of those that share any.
    #[must_use]
    pub fn shared(&self, other: &Self) -> BTreeMap<(usize, usize), u64> {
        let mut shared = BTreeMap::new();
        for (ours, theirs) in self.rows.windows(2).zip(other.rows.windows(2)) {
            let [ours, theirs] = [ours, theirs].map(|ends| ends[0]..ends[1]);
            let (first, other_first) = (ours.start, theirs.start);
            for_meeting(&self.runs[ours], &other.runs[theirs], 0, |a, b| {
                let (a, b) = (first + a, other_first + b);
                let (run, other_run) = (&self.runs[a], &other.runs[b]);
                let n = run.end.min(other_run.end) - run.first.max(other_run.first);
                *shared.entry((self.of_run[a], other.of_run[b])).or_default() += n as u64;
            });
        }
        shared
    }
}

/// Joins the runs of two rows that are no more than `reach` apart along k.
fn join_rows(runs: &[Run], [earlier, later]: [Range<usize>; 2], reach: usize, parents: &mut [usize]) {
    for_meeting(&runs[earlier.clone()], &runs[later.clone()], reach, |a, b| {
        let (a, b) = (root(parents, earlier.start + a), root(parents, later.start + b));
        parents[a.max(b)] = a.min(b);
    });
}

/// Calls on each two runs, by their places, that share a voxel or are no more than `reach` apart.
fn for_meeting(ours: &[Run], theirs: &[Run], reach: usize, mut each: impl FnMut(usize, usize)) {
    let (mut a, mut b) = (0, 0);
    while let (Some(one), Some(other)) = (ours.get(a), theirs.get(b)) {
        if one.first < other.end + reach && other.first < one.end + reach {
            each(a, b);
        }
        if one.end < other.end { a += 1 } else { b += 1 }
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
    use crate::sample_rng;
    use proptest::prelude::*;
    use rand::Rng as _;

    /// Voxels drawn one by one, in the order of memory.
    fn drawn([n_i, n_j, n_k]: [usize; 3], share: f64, seed: u64) -> Vec<[usize; 3]> {
        let mut rng = sample_rng(seed, 0, 0);
        let all = (0..n_i).flat_map(|i| (0..n_j).flat_map(move |j| (0..n_k).map(move |k| [i, j, k])));
        all.filter(|_| rng.random_bool(share)).collect()
    }

    fn runs(voxels: &[[usize; 3]], n_j: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for &[i, j, k] in voxels {
            let row = i * n_j + j;
            match runs.last_mut() {
                Some(run) if run.row == row && run.end == k => run.end += 1,
                _ => runs.push(Run { row, first: k, end: k + 1 }),
            }
        }
        runs
    }

    /// The sizes of components by a flood from each voxel.
    fn flooded(voxels: &[[usize; 3]], connectivity: Connectivity) -> Vec<u64> {
        let n_apart = match connectivity {
            Connectivity::Faces => 1,
            Connectivity::Edges => 2,
            Connectivity::Corners => 3,
        };
        let is_neighbor = |a: &[usize; 3], b: &[usize; 3]| {
            let steps: Vec<_> = (0..3).map(|axis| a[axis].abs_diff(b[axis])).collect();
            steps.iter().all(|&step| step <= 1) && steps.iter().sum::<usize>() <= n_apart
        };
        let mut left = voxels.to_vec();
        let mut sizes = Vec::new();
        while !left.is_empty() {
            let mut component = vec![left.remove(0)];
            let mut next = 0;
            while next < component.len() {
                let at = component[next];
                let (near, far): (Vec<_>, Vec<_>) =
                    left.into_iter().partition(|other| is_neighbor(&at, other));
                component.extend(near);
                left = far;
                next += 1;
            }
            sizes.push(component.len() as u64);
        }
        sizes
    }

    proptest! {
        #[test]
        fn components_are_those_of_a_flood_and_share_all_with_themselves(
            shape in [1_usize..5, 1_usize..6, 1_usize..70],
            share in 0.05_f64..0.8,
            seed: u64,
            connectivity in prop::sample::select(&[Connectivity::Faces, Connectivity::Edges, Connectivity::Corners]),
        ) {
            let voxels = drawn(shape, share, seed);
            let rows = [shape[0], shape[1]];
            let found = Components::of(runs(&voxels, shape[1]), rows, connectivity);
            let sizes = flooded(&voxels, connectivity);
            prop_assert_eq!(found.sizes(), &sizes);
            let n_voxels: usize = found.runs().map(|(run, _)| run.voxels(shape[2]).len()).sum();
            prop_assert_eq!(n_voxels, voxels.len());
            let with_itself: Vec<_> = found.shared(&found).into_iter().collect();
            let expected: Vec<_> = sizes.iter().enumerate().map(|(idx, &n)| ((idx, idx), n)).collect();
            prop_assert_eq!(with_itself, expected);
            let empty = Components::of(Vec::new(), rows, connectivity);
            prop_assert!(found.shared(&empty).is_empty());
        }
    }
}
