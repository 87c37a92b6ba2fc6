//! How far the surfaces of two masks are apart.

use mis_core::LabelMap;
use rayon::prelude::*;

use crate::metrics::bit_mask::BitMask;
use crate::metrics::bounds::{bounds, joined};
use crate::metrics::counts::ClassPlanes;
use crate::metrics::nearest::Nearest;
use crate::metrics::surfels::{Surfels, borders};

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
        Some(Self::of(&MaskPair::of(prediction, truth, class, None)?))
    }

    pub(crate) fn of(pair: &MaskPair) -> Self {
        let (prediction, truth) = (pair.prediction.edges(pair.axes), pair.truth.edges(pair.axes));
        let distances = |from: &BitMask, to: &BitMask| {
            let mut distances = Nearest::new(to, pair.spacing).distances_from(from, |_, distance| distance);
            distances.par_sort_unstable_by(f64::total_cmp);
            distances
        };
        Self { to_truth: distances(&prediction, &truth), to_prediction: distances(&truth, &prediction) }
    }
}

/// Distances in mm between the surfaces of a class in the prediction and in the truth, both ways, with the area of each
/// piece of surface, sorted: those of DeepMind's surface-distance (Nikolov et al. 2018).
///
/// The surface runs between voxels. Its pieces stand on the points where eight voxels meet (four in a 2-D image), where
/// some are of the class and some are not; a piece is as large as marching cubes make it there, in mm² (mm in a 2-D
/// image). Beyond the image nothing is of the class.
#[derive(Clone, Debug, PartialEq)]
pub struct SurfaceAreas {
    /// From each piece of the prediction's surface to the nearest one of the truth's: distance and area.
    pub to_truth: Vec<(f64, f64)>,
    /// From each piece of the truth's surface to the nearest one of the prediction's: distance and area.
    pub to_prediction: Vec<(f64, f64)>,
}

impl SurfaceAreas {
    /// The distances of one class; none where either label map lacks it.
    #[must_use]
    pub fn between(prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<Self> {
        Some(Self::of(&MaskPair::of(prediction, truth, class, None)?))
    }

    pub(crate) fn of(pair: &MaskPair) -> Self {
        let surfels = Surfels::new(pair.spacing, pair.axes);
        let borders = [&pair.prediction, &pair.truth].map(|mask| borders(mask, pair.axes));
        let distances = |mask: &BitMask, from: &BitMask, to: &BitMask| {
            let area = |at, distance| (distance, surfels.area(mask, at));
            let mut distances = Nearest::new(to, pair.spacing).distances_from(from, area);
            distances.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            distances
        };
        let [prediction, truth] = &borders;
        Self {
            to_truth: distances(&pair.prediction, prediction, truth),
            to_prediction: distances(&pair.truth, truth, prediction),
        }
    }
}

/// The voxels of a class in a prediction and its truth, in the smallest box that holds both.
#[derive(Debug)]
pub(crate) struct MaskPair {
    pub(crate) prediction: BitMask,
    pub(crate) truth: BitMask,
    /// In mm.
    pub(crate) spacing: [f64; 3],
    /// The axes along which voxels have neighbors: in a 2-D image not the third.
    pub(crate) axes: [bool; 3],
}

impl MaskPair {
    /// None where either label map lacks the class.
    pub(crate) fn of(
        prediction: &LabelMap,
        truth: &LabelMap,
        class: u8,
        planes: Option<[&ClassPlanes; 2]>,
    ) -> Option<Self> {
        let a = bounds(prediction, class, planes.map(|planes| planes[0]))?;
        let b = bounds(truth, class, planes.map(|planes| planes[1]))?;
        let both = joined(a, b);
        let mut axes = truth.shape().map(|n| n > 1);
        if axes == [false; 3] {
            axes = [true; 3]; // one voxel is its own surface
        }
        let mask = |labels: &LabelMap| BitMask::of_class(labels, class, &both);
        let spacing = truth.affine().spacing();
        Some(Self { prediction: mask(prediction), truth: mask(truth), spacing, axes })
    }
}

/// The length in mm of the lattice's diagonal: no two of its voxels are farther apart.
pub(crate) fn diagonal(labels: &LabelMap) -> f64 {
    let (shape, spacing) = (labels.shape(), labels.affine().spacing());
    (0..3).map(|axis| ((shape[axis] - 1) as f64 * spacing[axis]).powi(2)).sum::<f64>().sqrt()
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
                            // Squares are added in another order.
                            prop_assert!((found - expected).abs() < 1e-12, "{} is not {}", found, expected);
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
