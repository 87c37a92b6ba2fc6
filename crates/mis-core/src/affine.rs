//! The map from voxel indices to the patient's space.

use anyhow::{Result, ensure};

/// The map from voxel index `(i, j, k)` to RAS+ millimetres `(x, y, z)`: x to the right, y to the front, z to the head.
///
/// Columns 0 to 2 are the steps of one voxel along i, j and k, column 3 is the position of voxel (0, 0, 0). The
/// spacing is the columns' norms, never the diagonal: scans with swapped or oblique axes are as common as others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine([[f64; 4]; 4]);

impl Affine {
    /// An affine from its rows. Refused where a number is not finite, the last row is not `0 0 0 1` or a voxel has no
    /// volume (determinant 0): no lattice can be placed by it.
    pub fn new(rows: [[f64; 4]; 4]) -> Result<Self> {
        let affine = Self(rows);
        ensure!(rows.iter().flatten().all(|v| v.is_finite()), "affine must be finite, got {rows:?}");
        ensure!(rows[3] == [0.0, 0.0, 0.0, 1.0], "affine's last row must be 0 0 0 1, got {:?}", rows[3]);
        let [a, b, c] = affine.spacing();
        ensure!(
            affine.determinant().abs() > 1e-9 * a * b * c && a * b * c > 0.0,
            "affine must span a volume, got columns of {a}, {b} and {c} mm and determinant {}",
            affine.determinant()
        );
        Ok(affine)
    }

    /// Axes along x, y and z with this spacing in mm, voxel (0, 0, 0) at the origin.
    ///
    /// # Panics
    /// Where a spacing is not positive and finite.
    #[must_use]
    pub fn from_spacing(spacing: [f64; 3]) -> Self {
        assert!(
            spacing.iter().all(|s| s.is_finite() && *s > 0.0),
            "spacing must be positive, got {spacing:?}"
        );
        let [x, y, z] = spacing;
        Self([[x, 0.0, 0.0, 0.0], [0.0, y, 0.0, 0.0], [0.0, 0.0, z, 0.0], [0.0, 0.0, 0.0, 1.0]])
    }

    /// An affine from its spacing in mm, its unit steps (columns of `[row][column]`) and the position of voxel (0, 0, 0):
    /// the way back from [`spacing`](Self::spacing), [`direction`](Self::direction) and [`origin`](Self::origin).
    pub fn from_parts(spacing: [f64; 3], direction: [[f64; 3]; 3], origin: [f64; 3]) -> Result<Self> {
        let row = |row: usize| {
            let [a, b, c] = std::array::from_fn(|axis| direction[row][axis] * spacing[axis]);
            [a, b, c, origin[row]]
        };
        Self::new([row(0), row(1), row(2), [0.0, 0.0, 0.0, 1.0]])
    }

    /// The four rows.
    #[must_use]
    pub fn rows(&self) -> [[f64; 4]; 4] {
        self.0
    }

    /// Distance in mm from a voxel to its neighbour along i, j and k.
    #[must_use]
    pub fn spacing(&self) -> [f64; 3] {
        std::array::from_fn(|axis| (0..3).map(|row| self.0[row][axis].powi(2)).sum::<f64>().sqrt())
    }

    /// World position in mm of voxel (0, 0, 0).
    #[must_use]
    pub fn origin(&self) -> [f64; 3] {
        std::array::from_fn(|row| self.0[row][3])
    }

    /// Unit steps along i, j and k, as columns of `[row][column]`.
    #[must_use]
    pub fn direction(&self) -> [[f64; 3]; 3] {
        let spacing = self.spacing();
        std::array::from_fn(|row| std::array::from_fn(|axis| self.0[row][axis] / spacing[axis]))
    }

    /// World position in mm of a voxel index; fractions lie between voxel centres.
    #[must_use]
    pub fn world(&self, index: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|row| {
            (0..3).map(|axis| self.0[row][axis] * index[axis]).sum::<f64>() + self.0[row][3]
        })
    }

    /// The fractional voxel index at a world position in mm: the inverse of [`world`](Self::world).
    #[must_use]
    pub fn index(&self, world: [f64; 3]) -> [f64; 3] {
        let m = &self.0;
        let from_origin: [f64; 3] = std::array::from_fn(|row| world[row] - m[row][3]);
        // Cramer's rule; the determinant of an affine is not 0.
        std::array::from_fn(|axis| {
            let mut replaced = *self;
            for row in 0..3 {
                replaced.0[row][axis] = from_origin[row];
            }
            replaced.determinant() / self.determinant()
        })
    }

    /// The same directions with voxel (0, 0, 0) at this fractional index of the old lattice, and steps `scale` times
    /// as long: what cropping (`scale` 1), padding (negative index) and resampling do to a lattice.
    #[must_use]
    pub fn moved(&self, index: [f64; 3], scale: [f64; 3]) -> Self {
        let origin = self.world(index);
        let mut rows = self.0;
        for row in 0..3 {
            for axis in 0..3 {
                rows[row][axis] *= scale[axis];
            }
            rows[row][3] = origin[row];
        }
        Self(rows)
    }

    fn determinant(&self) -> f64 {
        let m = &self.0;
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_is_the_norm_of_columns_for_swapped_and_oblique_axes() {
        let swapped =
            Affine::new([[0., 2., 0., 5.], [3., 0., 0., 6.], [0., 0., 4., 7.], [0., 0., 0., 1.]]).unwrap();
        assert_eq!(swapped.spacing(), [3.0, 2.0, 4.0]);
        let (s, c) = 20_f64.to_radians().sin_cos();
        let oblique =
            Affine::new([[c, -s * 2., 0., 0.], [s, c * 2., 0., 0.], [0., 0., 5., 0.], [0., 0., 0., 1.]])
                .unwrap();
        for (found, expected) in oblique.spacing().into_iter().zip([1.0, 2.0, 5.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }

    #[test]
    fn an_affine_without_volume_is_refused() {
        let flat = [[1., 1., 0., 0.], [1., 1., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.]];
        assert!(Affine::new(flat).is_err());
        assert!(Affine::new([[f64::NAN; 4]; 4]).is_err());
    }

    #[test]
    fn the_index_of_a_voxels_place_is_the_voxel() {
        let affine =
            Affine::new([[0.3, 2., 0., 5.], [3., 0.1, 0.2, 6.], [0., 0., -4., 7.], [0., 0., 0., 1.]])
                .unwrap();
        let found = affine.index(affine.world([3.0, -2.5, 11.0]));
        assert!(found.iter().zip([3.0, -2.5, 11.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }

    #[test]
    fn moving_the_first_voxel_and_back_gives_the_affine_back() {
        let affine =
            Affine::new([[0., 2., 0., 5.], [3., 0., 0., 6.], [0., 0., 4., 7.], [0., 0., 0., 1.]]).unwrap();
        assert_eq!(affine.moved([-2.0, 1.0, 3.0], [1.0; 3]).moved([2.0, -1.0, -3.0], [1.0; 3]), affine);
    }

    proptest::proptest! {
        #[test]
        fn spacing_direction_and_origin_give_the_affine_back(
            steps in proptest::array::uniform9(-5.0..5.0_f64), origin in proptest::array::uniform3(-500.0..500.0_f64),
        ) {
            let [a, b, c, d, e, f, g, h, i] = steps;
            let [x, y, z] = origin;
            let affine = Affine::new([[a, b, c, x], [d, e, f, y], [g, h, i, z], [0., 0., 0., 1.]]);
            proptest::prop_assume!(affine.is_ok());
            let affine = affine.unwrap();
            let back = Affine::from_parts(affine.spacing(), affine.direction(), affine.origin()).unwrap();
            for (a, b) in affine.rows().as_flattened().iter().zip(back.rows().as_flattened()) {
                proptest::prop_assert!((a - b).abs() < 1e-12, "{affine:?} came back as {back:?}");
            }
        }
    }
}
