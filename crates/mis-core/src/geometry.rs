//! Shape and position of a lattice, and whether two lattices are one.

use crate::Affine;

/// The lattice of a scan: how many voxels along i, j and k, and where they lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Number of voxels along i, j and k.
    pub shape: [usize; 3],
    /// Voxel index to RAS+ millimetres.
    pub affine: Affine,
}

/// How an image and its labels fail to lie on one lattice.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GeometryMismatch {
    /// The numbers of voxels differ.
    #[error("expected the image's shape {image:?}, found {other:?}")]
    Shape {
        /// Shape of the image.
        image: [usize; 3],
        /// Shape of what should lie on it.
        other: [usize; 3],
    },
    /// The shapes agree, the positions do not.
    #[error(
        "expected the image's position, found corners up to {mm:.3} mm away (spacing {image:?} and {other:?} mm)"
    )]
    Position {
        /// The largest distance between corresponding corner voxels, in mm.
        mm: f64,
        /// Spacing of the image in mm.
        image: [f64; 3],
        /// Spacing of what should lie on it, in mm.
        other: [f64; 3],
    },
}

impl Geometry {
    /// Number of voxels.
    #[must_use]
    pub fn n_voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// The largest distance in mm between corresponding corner voxels; the shapes are taken to be equal.
    #[must_use]
    pub fn corner_distance(&self, other: &Self) -> f64 {
        let mut largest = 0.0_f64;
        for corner in 0..8 {
            let index = std::array::from_fn(|axis| {
                if corner >> axis & 1 == 1 { self.shape[axis].saturating_sub(1) as f64 } else { 0.0 }
            });
            let (a, b) = (self.affine.world(index), other.affine.world(index));
            let distance = (0..3).map(|row| (a[row] - b[row]).powi(2)).sum::<f64>().sqrt();
            largest = largest.max(distance);
        }
        largest
    }

    /// Says where `other` does not lie on this lattice: another shape, or a corner farther off than a tenth of the
    /// smallest spacing (rounding in headers stays far below, a shift by a voxel far above).
    pub fn check_same(&self, other: &Self) -> Result<(), GeometryMismatch> {
        if self.shape != other.shape {
            return Err(GeometryMismatch::Shape { image: self.shape, other: other.shape });
        }
        let (image, spacing) = (self.affine.spacing(), other.affine.spacing());
        let mm = self.corner_distance(other);
        if mm > 0.1 * image.into_iter().fold(f64::INFINITY, f64::min) {
            return Err(GeometryMismatch::Position { mm, image, other: spacing });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_rounding_passes_and_a_shift_by_half_a_voxel_does_not() {
        let scan = Geometry { shape: [10, 20, 30], affine: Affine::from_spacing([1.0, 1.0, 3.0]) };
        let rounded = Geometry { affine: scan.affine.moved([1e-4, 0.0, 0.0], [1.0; 3]), ..scan };
        let shifted = Geometry { affine: scan.affine.moved([0.5, 0.0, 0.0], [1.0; 3]), ..scan };
        assert_eq!(scan.check_same(&rounded), Ok(()));
        let error = scan.check_same(&shifted).unwrap_err();
        assert!(matches!(error, GeometryMismatch::Position { mm, .. } if (mm - 0.5).abs() < 1e-9), "{error}");
    }

    #[test]
    fn another_shape_is_named_with_both_shapes() {
        let scan = Geometry { shape: [10, 20, 30], affine: Affine::from_spacing([1.0; 3]) };
        let error = scan.check_same(&Geometry { shape: [10, 20, 31], ..scan }).unwrap_err();
        assert_eq!(error.to_string(), "expected the image's shape [10, 20, 30], found [10, 20, 31]");
    }
}
