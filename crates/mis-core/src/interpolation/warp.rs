//! Where the voxels of a moved and bent patch come from.

use super::displacement::DisplacedRows;
use super::{Displacement, VoxelMap};

/// Where the voxels of a patch are read: each is displaced first, if there is a field, and mapped then. The voxel `p`
/// comes from `map(p + displacement(p))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp<'a> {
    /// From the patch to the image.
    pub map: VoxelMap,
    /// Made for the patch's shape; none where nothing bends.
    pub displacement: Option<&'a Displacement>,
}

impl From<&VoxelMap> for Warp<'_> {
    fn from(map: &VoxelMap) -> Self {
        Self { map: *map, displacement: None }
    }
}

impl<'a> Warp<'a> {
    /// The lowest and the highest source index along each axis that a patch of this shape may read.
    #[must_use]
    pub fn bounds(&self, shape: [usize; 3]) -> [[f64; 2]; 3] {
        let mut bounds = self.map.bounds(shape);
        if let Some(field) = self.displacement {
            let reach = field.reach();
            for (row, bounds) in self.map.matrix.iter().zip(&mut bounds) {
                let reach: f64 = row.iter().zip(reach).map(|(m, reach)| m.abs() * reach).sum();
                *bounds = [bounds[0] - reach, bounds[1] + reach];
            }
        }
        bounds
    }

    /// Whether a patch of this shape reads from an image of shape `image` alone, each voxel of which spans half a step
    /// around its center.
    #[must_use]
    pub fn inside(&self, shape: [usize; 3], image: [usize; 3]) -> bool {
        let bounds = self.bounds(shape);
        (0..3).all(|axis| bounds[axis][0] >= -0.5 && bounds[axis][1] <= image[axis] as f64 - 0.5)
    }

    /// What gives the places of rows of `width` voxels.
    pub(super) fn rows(&self, width: usize) -> Rows<'a> {
        Rows {
            map: self.map,
            at: [(); 3].map(|()| vec![0.0; width]),
            bent: self.displacement.map(|field| (field.rows(), [(); 3].map(|()| vec![0.0; width]))),
        }
    }
}

/// The places of a patch's voxels, row by row.
pub(super) struct Rows<'a> {
    map: VoxelMap,
    at: [Vec<f32>; 3],
    bent: Option<(DisplacedRows<'a>, [Vec<f32>; 3])>,
}

impl Rows<'_> {
    /// Goes to plane `i`.
    pub(super) fn enter(&mut self, i: usize) {
        if let Some((rows, _)) = &mut self.bent {
            rows.enter(i);
        }
    }

    /// The source indices of row `(i, j)`, each axis in a slice of its own; plane `i` was entered before.
    pub(super) fn places(&mut self, i: usize, j: usize) -> [&[f32]; 3] {
        let start = self.map.source([i as f64, j as f64, 0.0]);
        let matrix = self.map.matrix;
        for axis in 0..3 {
            let step = matrix[axis][2];
            for (k, at) in self.at[axis].iter_mut().enumerate() {
                *at = (start[axis] + k as u32 as f64 * step) as f32;
            }
        }
        if let Some((rows, moved)) = &mut self.bent {
            for (axis, moved) in moved.iter_mut().enumerate() {
                rows.row(axis, j, moved);
            }
            for (axis, at) in self.at.iter_mut().enumerate() {
                let m = matrix[axis].map(|m| m as f32);
                for (k, at) in at.iter_mut().enumerate() {
                    *at += m[0] * moved[0][k] + m[1] * moved[1][k] + m[2] * moved[2][k];
                }
            }
        }
        self.at.each_ref().map(Vec::as_slice)
    }
}
