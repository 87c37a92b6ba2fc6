//! How far the surfaces of two masks are apart.

use std::ops::Range;

use mis_core::LabelMap;
use rayon::prelude::*;

use crate::metrics::distance_transform::squared_distances;

/// Distances in mm between the edge voxels of a class in the prediction and in the truth, both ways, each sorted.
///
/// An edge voxel is a voxel of the class with one of its six neighbors (four in a 2-D image) outside the class or
/// outside the image, as in MONAI and MedPy; distances are between voxel centers and exact for any spacing. The
/// lattice's axes are taken to be orthogonal, as scanners make them.
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceDistances {
    /// From each edge voxel of the prediction to the nearest one of the truth.
    pub to_truth: Vec<f64>,
    /// From each edge voxel of the truth to the nearest one of the prediction.
    pub to_prediction: Vec<f64>,
}

impl SurfaceDistances {
    /// The distances of one class; none where either label map lacks it.
    #[must_use]
    pub fn between(prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<Self> {
        let (a, b) = (bounds(prediction, class)?, bounds(truth, class)?);
        // What lies outside the box of both masks is of another class and nearest to nothing.
        let both = joined(a, b);
        let shape = both.clone().map(|range| range.len());
        let spacing = truth.affine().spacing();
        let (prediction, truth) = (edges(prediction, class, &both), edges(truth, class, &both));
        let distances = |from: &[bool], to: &[bool]| {
            let squared = squared_distances(to, shape, spacing);
            let [n_i, n_j, n_k] = shape;
            let mut distances: Vec<f64> = Vec::new();
            for (row, from) in from.chunks_exact(n_k).enumerate() {
                let (i, j) = (row / n_j, row % n_j);
                let marked = from.iter().enumerate().filter(|(_, edge)| **edge);
                distances.extend(marked.map(|(k, _)| f64::from(squared[(j * n_k + k) * n_i + i]).sqrt()));
            }
            distances.par_sort_unstable_by(f64::total_cmp);
            distances
        };
        Some(Self { to_truth: distances(&prediction, &truth), to_prediction: distances(&truth, &prediction) })
    }
}

/// The length in mm of the lattice's diagonal: no two of its voxels are farther apart.
pub(crate) fn diagonal(labels: &LabelMap) -> f64 {
    let (shape, spacing) = (labels.shape(), labels.affine().spacing());
    (0..3).map(|axis| ((shape[axis] - 1) as f64 * spacing[axis]).powi(2)).sum::<f64>().sqrt()
}

/// Indices along i, j and k.
type Bounds = [Range<usize>; 3];

/// The smallest box that holds both.
fn joined(a: Bounds, b: Bounds) -> Bounds {
    std::array::from_fn(|axis| a[axis].start.min(b[axis].start)..a[axis].end.max(b[axis].end))
}

/// The smallest box that holds all voxels of a class; none where there are none.
fn bounds(labels: &LabelMap, class: u8) -> Option<Bounds> {
    let [_, n_j, n_k] = labels.shape();
    let of_plane = |(i, plane): (usize, &[u8])| {
        let of_row = |(j, row): (usize, &[u8])| -> Option<Bounds> {
            let first = row.iter().position(|&label| label == class)?;
            let last = row.iter().rposition(|&label| label == class)?;
            Some([i..i + 1, j..j + 1, first..last + 1])
        };
        // One look at the whole plane first: most planes lack most classes.
        let rows = plane.contains(&class).then(|| plane.chunks_exact(n_k).enumerate())?;
        rows.filter_map(of_row).reduce(joined)
    };
    labels.as_slice().par_chunks_exact(n_j * n_k).enumerate().filter_map(of_plane).reduce_with(joined)
}

/// Which voxels of a box are edge voxels of the class; all voxels of the class lie in the box.
fn edges(labels: &LabelMap, class: u8, bounds: &Bounds) -> Vec<bool> {
    let shape = labels.shape();
    let steps = [shape[1] * shape[2], shape[2], 1];
    let [is, js, ks] = bounds.clone();
    let labels = labels.as_slice();
    // A 2-D image has no neighbors along k.
    let axes: Vec<usize> = (0..3).filter(|&axis| shape[axis] > 1).collect();
    let is_edge = |at: [usize; 3], voxel: usize| {
        axes.iter().any(|&axis| {
            at[axis] == bounds[axis].start
                || at[axis] + 1 == bounds[axis].end
                || labels[voxel - steps[axis]] != class
                || labels[voxel + steps[axis]] != class
        })
    };
    let mut edges = vec![false; is.len() * js.len() * ks.len()];
    edges.par_chunks_exact_mut(js.len() * ks.len()).zip(is).for_each(|(plane, i)| {
        for (edges, j) in plane.chunks_exact_mut(ks.len()).zip(js.clone()) {
            let row = i * steps[0] + j * steps[1];
            for (edge, k) in edges.iter_mut().zip(ks.clone()) {
                *edge = labels[row + k] == class && is_edge([i, j, k], row + k);
            }
        }
    });
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::{random, row};
    use mis_core::Affine;
    use proptest::prelude::*;

    /// Edge voxels and distances by their definition.
    fn brute_force(prediction: &LabelMap, truth: &LabelMap, class: u8) -> [Vec<f64>; 2] {
        let (shape, spacing) = (truth.shape(), truth.affine().spacing());
        let edges = |labels: &LabelMap| -> Vec<[f64; 3]> {
            let data = labels.data();
            let is_edge = |at: [usize; 3]| {
                (0..3).filter(|&axis| shape[axis] > 1).any(|axis| {
                    let neighbor = |step: usize| {
                        let mut at = at;
                        at[axis] = at[axis].wrapping_add(step);
                        data.get(at)
                    };
                    neighbor(1) != Some(&class) || neighbor(usize::MAX) != Some(&class)
                })
            };
            let voxels = data.indexed_iter().filter(|&(at, &label)| label == class && is_edge(at.into()));
            voxels
                .map(|((i, j, k), _)| [i as f64 * spacing[0], j as f64 * spacing[1], k as f64 * spacing[2]])
                .collect()
        };
        let distance =
            |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt();
        let (prediction, truth) = (edges(prediction), edges(truth));
        [(&prediction, &truth), (&truth, &prediction)].map(|(from, to)| {
            let nearest = |a| to.iter().map(|b| distance(a, b)).fold(f64::INFINITY, f64::min);
            let mut distances: Vec<f64> = from.iter().map(nearest).collect();
            distances.sort_by(f64::total_cmp);
            distances
        })
    }

    proptest! {
        #[test]
        fn distances_are_those_of_a_search_over_all_edge_voxels(
            shape in [1_usize..9, 1_usize..9, 1_usize..9],
            spacing in [0.3_f64..5.0, 0.3_f64..5.0, 0.3_f64..5.0],
            seed: u64,
        ) {
            let placed = |labels: LabelMap| LabelMap::new(labels.into_data(), Affine::from_spacing(spacing)).unwrap();
            let (a, b) = (placed(random(shape, 3, seed)), placed(random(shape, 3, seed.wrapping_add(1))));
            let has = |labels: &LabelMap| labels.as_slice().contains(&1);
            match SurfaceDistances::between(&a, &b, 1) {
                None => prop_assert!(!has(&a) || !has(&b)),
                Some(found) => {
                    for (found, expected) in
                        [found.to_truth, found.to_prediction].iter().zip(brute_force(&a, &b, 1))
                    {
                        prop_assert_eq!(found.len(), expected.len());
                        for (found, expected) in found.iter().zip(expected) {
                            // Squared distances are kept in f32.
                            prop_assert!((found - expected).abs() < 1e-5, "{} is not {}", found, expected);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_missing_class_has_no_distances() {
        assert_eq!(SurfaceDistances::between(&row(&[0, 1]), &row(&[0, 2]), 1), None);
    }
}
