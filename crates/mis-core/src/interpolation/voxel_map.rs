//! Where the voxels of a moved patch come from.

use super::Warp;

/// The affine map from voxel indices of a patch to those of the image it is read from: `source = matrix · index + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoxelMap {
    /// Rows of the linear part.
    pub matrix: [[f64; 3]; 3],
    /// The source index of the patch's voxel (0, 0, 0).
    pub offset: [f64; 3],
}

impl VoxelMap {
    /// The map with this linear part that takes index `center` of the patch to index `source_center`.
    #[must_use]
    pub fn about(matrix: [[f64; 3]; 3], center: [f64; 3], source_center: [f64; 3]) -> Self {
        let turned = Self { matrix, offset: [0.0; 3] }.source(center);
        Self { matrix, offset: std::array::from_fn(|axis| source_center[axis] - turned[axis]) }
    }

    /// The source index of a patch index.
    #[must_use]
    pub fn source(&self, index: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|row| {
            (0..3).map(|axis| self.matrix[row][axis] * index[axis]).sum::<f64>() + self.offset[row]
        })
    }

    /// The lowest and the highest source index along each axis that a patch of this shape reads.
    #[must_use]
    pub fn bounds(&self, shape: [usize; 3]) -> [[f64; 2]; 3] {
        std::array::from_fn(|row| {
            let mut bounds = [self.offset[row]; 2];
            for axis in 0..3 {
                let reach = self.matrix[row][axis] * (shape[axis] - 1) as f64;
                bounds[usize::from(reach > 0.0)] += reach;
            }
            bounds
        })
    }

    /// Whether a patch of this shape reads from an image of shape `image` alone, each voxel of which spans half a step
    /// around its center.
    #[must_use]
    pub fn inside(&self, shape: [usize; 3], image: [usize; 3]) -> bool {
        Warp::from(self).inside(shape, image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_corners() {
        let map = VoxelMap {
            matrix: [[0.5, -0.25, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, -2.0]],
            offset: [3.0, -1.0, 9.0],
        };
        assert_eq!(map.bounds([5, 9, 3]), [[1.0, 5.0], [-1.0, 13.0], [5.0, 9.0]]);
    }
}
