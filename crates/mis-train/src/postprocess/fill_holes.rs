//! No holes.

use mis_core::{Connectivity, LabelMap, Postprocess, Run};
use serde::{Deserialize, Serialize};

use super::components::components;

/// Fills background that no way across faces leads out of, with the class that most of the faces around it have (of two
/// with as many the lower one).
///
/// What touches the border of the map is open; an axis of one voxel, as of a picture, has no border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FillHoles {}

impl Postprocess for FillHoles {
    fn apply(&self, mut labels: LabelMap) -> LabelMap {
        let background = std::array::from_fn(|label| label == 0);
        let components = components(&labels, &background, Connectivity::Faces);
        let shape = labels.shape();
        let mut is_open = vec![false; components.sizes().len()];
        for (run, component) in components.runs() {
            is_open[component] |= touches_border(run, shape);
        }
        let mut faces = vec![Vec::new(); is_open.len()];
        for (run, component) in components.runs() {
            if !is_open[component] {
                let faces = &mut faces[component];
                faces.resize(256, 0_usize);
                count_faces(&labels, run, faces);
            }
        }
        let fill: Vec<Option<u8>> = faces
            .iter()
            .map(|faces| (1..=255_u8).rev().max_by_key(|&class| faces.get(usize::from(class)).copied()))
            .collect();
        for (run, component) in components.runs() {
            if !is_open[component]
                && let Some(class) = fill[component]
            {
                labels.as_slice_mut()[run.voxels(shape[2])].fill(class);
            }
        }
        labels
    }
}

fn touches_border(run: &Run, [n_i, n_j, n_k]: [usize; 3]) -> bool {
    let at_end = |first: usize, last: usize, n: usize| n > 1 && (first == 0 || last + 1 == n);
    let (i, j) = (run.row / n_j, run.row % n_j);
    at_end(i, i, n_i) || at_end(j, j, n_j) || at_end(run.first, run.end - 1, n_k)
}

/// Counts the labels across the faces of a run that is not at the border.
fn count_faces(labels: &LabelMap, run: &Run, faces: &mut [usize]) {
    let [n_i, n_j, n_k] = labels.shape();
    let values = labels.as_slice();
    let voxels = run.voxels(n_k);
    if n_k > 1 {
        for voxel in [voxels.start - 1, voxels.end] {
            faces[usize::from(values[voxel])] += 1;
        }
    }
    for (n, step) in [(n_i, n_j * n_k), (n_j, n_k)] {
        if n > 1 {
            for voxel in voxels.clone() {
                for neighbor in [voxel - step, voxel + step] {
                    faces[usize::from(values[neighbor])] += 1;
                }
            }
        }
    }
}
