//! The connected parts of a mask.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::bit_mask::{BitMask, places};

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

    /// The rows before a row that its points have neighbors in, as steps along i and j, and how far along k.
    fn rows_before(self) -> &'static [([isize; 2], usize)] {
        match self {
            Self::Faces => &[([0, -1], 0), ([-1, 0], 0)],
            Self::Edges => &[([0, -1], 1), ([-1, -1], 0), ([-1, 0], 1), ([-1, 1], 0)],
            Self::Corners => &[([0, -1], 1), ([-1, -1], 1), ([-1, 0], 1), ([-1, 1], 1)],
        }
    }
}

/// The connected components of a mask, numbered in the order of their first points.
#[derive(Debug)]
pub(crate) struct Components {
    /// Points in a row without gap, row by row.
    runs: Vec<Run>,
    /// The runs of each row.
    rows: Vec<usize>,
    /// Points of each component.
    pub(crate) sizes: Vec<u64>,
}

#[derive(Debug)]
struct Run {
    first: usize,
    /// One beyond the last.
    end: usize,
    component: usize,
}

impl Components {
    pub(crate) fn of(mask: &BitMask, connectivity: Connectivity) -> Self {
        let [n_i, n_j, _] = mask.shape();
        let mut runs: Vec<Run> = Vec::new();
        let mut rows = vec![0];
        // Each run's parent in its tree; a root is the first run of its component so far.
        let mut parents: Vec<usize> = Vec::new();
        for i in 0..n_i {
            for j in 0..n_j {
                let start = runs.len();
                for k in places(mask.row(i, j)) {
                    match runs[start..].last_mut() {
                        Some(run) if run.end == k => run.end += 1,
                        _ => runs.push(Run { first: k, end: k + 1, component: 0 }),
                    }
                }
                parents.extend(start..runs.len());
                for &([di, dj], reach) in connectivity.rows_before() {
                    let (Some(i), Some(j)) = (i.checked_add_signed(di), j.checked_add_signed(dj)) else {
                        continue;
                    };
                    if j < n_j {
                        let row = i * n_j + j;
                        join_rows(&runs, rows[row]..rows[row + 1], start..runs.len(), reach, &mut parents);
                    }
                }
                rows.push(runs.len());
            }
        }
        let mut sizes: Vec<u64> = Vec::new();
        for place in 0..runs.len() {
            let root = root(&mut parents, place);
            let component = if root == place { sizes.len() } else { runs[root].component };
            if root == place {
                sizes.push(0);
            }
            runs[place].component = component;
            sizes[component] += (runs[place].end - runs[place].first) as u64;
        }
        Self { runs, rows, sizes }
    }

    /// How many points each pair of components shares, of those that share any.
    pub(crate) fn shared(&self, other: &Self) -> BTreeMap<(usize, usize), u64> {
        let mut shared = BTreeMap::new();
        for row in 0..self.rows.len() - 1 {
            let (ours, theirs) = (self.row(row), other.row(row));
            for_meeting(ours, theirs, 0, |a, b| {
                let n = ours[a].end.min(theirs[b].end) - ours[a].first.max(theirs[b].first);
                *shared.entry((ours[a].component, theirs[b].component)).or_default() += n as u64;
            });
        }
        shared
    }

    fn row(&self, row: usize) -> &[Run] {
        &self.runs[self.rows[row]..self.rows[row + 1]]
    }
}

/// Joins the runs of two rows that are no more than `reach` apart along k.
fn join_rows(
    runs: &[Run],
    earlier: std::ops::Range<usize>,
    later: std::ops::Range<usize>,
    reach: usize,
    parents: &mut [usize],
) {
    for_meeting(&runs[earlier.clone()], &runs[later.clone()], reach, |a, b| {
        let (a, b) = (root(parents, earlier.start + a), root(parents, later.start + b));
        parents[a.max(b)] = a.min(b);
    });
}

/// Calls on each two runs, by their places, that share a point or are no more than `reach` apart.
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
    use crate::test_maps::random;
    use proptest::prelude::*;

    /// The components by a flood from each point.
    fn flooded(points: &[[usize; 3]], connectivity: Connectivity) -> Vec<Vec<[usize; 3]>> {
        let n_apart = match connectivity {
            Connectivity::Faces => 1,
            Connectivity::Edges => 2,
            Connectivity::Corners => 3,
        };
        let is_neighbor = |a: &[usize; 3], b: &[usize; 3]| {
            let steps: Vec<_> = (0..3).map(|axis| a[axis].abs_diff(b[axis])).collect();
            steps.iter().all(|&step| step <= 1) && steps.iter().sum::<usize>() <= n_apart
        };
        let mut left = points.to_vec();
        let mut components = Vec::new();
        while !left.is_empty() {
            let mut component = vec![left.remove(0)];
            let mut next = 0;
            while next < component.len() {
                let at = component[next];
                let (near, far) = left.into_iter().partition(|other| is_neighbor(&at, other));
                let near: Vec<_> = near;
                component.extend(near);
                left = far;
                next += 1;
            }
            component.sort();
            components.push(component);
        }
        components
    }

    proptest! {
        #[test]
        fn components_are_those_of_a_flood(
            shape in [1_usize..5, 1_usize..6, 1_usize..70],
            seed: u64,
            connectivity in prop::sample::select(&[Connectivity::Faces, Connectivity::Edges, Connectivity::Corners]),
        ) {
            let labels = random(shape, 3, seed);
            let mask = |class| BitMask::of_class(&labels, class, &shape.map(|n| 0..n));
            let points: Vec<[usize; 3]> =
                labels.data().indexed_iter().filter(|(_, label)| **label == 1).map(|(at, _)| at.into()).collect();
            let found = Components::of(&mask(1), connectivity);
            let expected = flooded(&points, connectivity);
            let sizes: Vec<_> = expected.iter().map(|component| component.len() as u64).collect();
            prop_assert_eq!(&found.sizes, &sizes);
            let with_itself: Vec<_> = found.shared(&found).into_iter().collect();
            let expected: Vec<_> = sizes.iter().enumerate().map(|(idx, &n)| ((idx, idx), n)).collect();
            prop_assert_eq!(with_itself, expected);
            prop_assert!(found.shared(&Components::of(&mask(2), connectivity)).is_empty());
        }
    }
}
