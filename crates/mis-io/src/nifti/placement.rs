//! Where a header puts the voxels in space.

use anyhow::{Context as _, Result, ensure};
use mis_core::Affine;

/// A header's three ways of saying where voxels lie, with the codes that rank them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placement {
    /// The sign of the third axis of the qform (-1 or 1), then the spacing along i, j and k.
    pub(super) pixdim: [f64; 4],
    pub(super) qform_code: i32,
    /// The quaternion's b, c and d; a follows from them.
    pub(super) quaternion: [f64; 3],
    /// Position of voxel (0, 0, 0) in the qform.
    pub(super) offset: [f64; 3],
    pub(super) sform_code: i32,
    pub(super) srow: [[f64; 4]; 3],
}

impl Placement {
    /// sform, else qform, else the spacing alone with the volume's center at the origin and x pointing left, as
    /// nibabel has it.
    pub(super) fn affine(&self, shape: [usize; 3]) -> Result<Affine> {
        if self.sform_code > 0 {
            let [x, y, z] = self.srow;
            return Affine::new([x, y, z, LAST_ROW]).context("sform");
        }
        let spacing = [self.pixdim[1], self.pixdim[2], self.pixdim[3]];
        ensure!(
            spacing.iter().all(|s| s.is_finite() && *s > 0.0),
            "expected a positive spacing in pixdim, found {spacing:?}"
        );
        if self.qform_code > 0 {
            return self.qform(spacing).context("qform");
        }
        let mut rows = [[0.0; 4]; 4];
        for axis in 0..3 {
            let step = if axis == 0 { -spacing[axis] } else { spacing[axis] };
            rows[axis][axis] = step;
            rows[axis][3] = -step * (shape[axis] - 1) as f64 / 2.0;
        }
        rows[3] = LAST_ROW;
        Affine::new(rows).context("pixdim")
    }

    fn qform(&self, spacing: [f64; 3]) -> Result<Affine> {
        let [b, c, d] = self.quaternion;
        let rest = 1.0 - (b * b + c * c + d * d);
        // Quaternions are stored as f32: a half turn (a = 0) may come out a little longer than 1.
        ensure!(rest > -1e-5, "expected a quaternion no longer than 1, found {:?}", self.quaternion);
        let a = rest.max(0.0).sqrt();
        let rotation = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
            [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
            [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ];
        let sign = if self.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
        let scale = [spacing[0], spacing[1], sign * spacing[2]];
        let mut rows = [LAST_ROW; 4];
        for row in 0..3 {
            for axis in 0..3 {
                rows[row][axis] = rotation[row][axis] * scale[axis];
            }
            rows[row][3] = self.offset[row];
        }
        Affine::new(rows)
    }

    /// The placement that an affine asks for: the sform says it, and the qform too where the axes are orthogonal,
    /// for readers that know no sform. Both have the code 1, scanner space.
    pub(super) fn of(affine: &Affine) -> Self {
        let rows = affine.rows();
        let spacing = affine.spacing();
        let mut placement = Self {
            pixdim: [1.0, spacing[0], spacing[1], spacing[2]],
            qform_code: 0,
            quaternion: [0.0; 3],
            offset: affine.origin(),
            sform_code: 1,
            srow: [rows[0], rows[1], rows[2]],
        };
        let mut r = affine.direction();
        let dot = |a: usize, b: usize| (0..3).map(|row| r[row][a] * r[row][b]).sum::<f64>().abs();
        if dot(0, 1).max(dot(0, 2)).max(dot(1, 2)) > 1e-5 {
            return placement;
        }
        placement.qform_code = 1;
        if determinant(&r) < 0.0 {
            placement.pixdim[0] = -1.0;
            for row in &mut r {
                row[2] = -row[2];
            }
        }
        placement.quaternion = quaternion(&r);
        placement
    }
}

const LAST_ROW: [f64; 4] = [0.0, 0.0, 0.0, 1.0];

fn determinant(r: &[[f64; 3]; 3]) -> f64 {
    r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) - r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0])
        + r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0])
}

/// b, c and d of a rotation's unit quaternion with a >= 0, from the largest of its four components, which divides best.
fn quaternion(r: &[[f64; 3]; 3]) -> [f64; 3] {
    let trace = r[0][0] + r[1][1] + r[2][2];
    let squares =
        [1.0 + trace, 1.0 - trace + 2.0 * r[0][0], 1.0 - trace + 2.0 * r[1][1], 1.0 - trace + 2.0 * r[2][2]];
    let largest = (0..4).fold(0, |best, at| if squares[at] > squares[best] { at } else { best });
    let twice = squares[largest].max(0.0).sqrt();
    // Differences hold a times b, c and d; sums hold the products of two of b, c and d.
    let minus = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]];
    let plus = |p: usize, q: usize| r[p][q] + r[q][p];
    let (a, [b, c, d]) = match largest {
        0 => (twice * twice, minus),
        1 => (minus[0], [twice * twice, plus(0, 1), plus(0, 2)]),
        2 => (minus[1], [plus(0, 1), twice * twice, plus(1, 2)]),
        _ => (minus[2], [plus(0, 2), plus(1, 2), twice * twice]),
    };
    let sign = if a < 0.0 { -1.0 } else { 1.0 };
    [b, c, d].map(|v| sign * v / (2.0 * twice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check_qform(affine: &Affine) {
        let placement = Placement { sform_code: 0, ..Placement::of(affine) };
        let back = placement.affine([1; 3]).unwrap();
        for (a, b) in affine.rows().as_flattened().iter().zip(back.rows().as_flattened()) {
            assert!((a - b).abs() < 1e-6, "{affine:?} came back as {back:?}");
        }
    }

    #[test]
    fn axes_in_any_order_and_sign_survive_the_qform() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for signs in 0..8 {
                let mut rows = [LAST_ROW; 4];
                for axis in 0..3 {
                    let sign = if signs >> axis & 1 == 1 { -1.0 } else { 1.0 };
                    rows[axis] = [0.0, 0.0, 0.0, 10.0 * axis as f64];
                    rows[axis][order[axis]] = sign * (axis as f64 + 0.7);
                }
                check_qform(&Affine::new(rows).unwrap());
            }
        }
    }

    #[test]
    fn a_sheared_lattice_has_an_sform_alone() {
        let sheared = Affine::new([[1., 0.3, 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.], LAST_ROW]).unwrap();
        let placement = Placement::of(&sheared);
        assert_eq!(placement.qform_code, 0);
        assert_eq!(placement.affine([1; 3]).unwrap(), sheared);
    }

    proptest! {
        #[test]
        fn any_rotation_survives_the_qform(b in -1.0..1.0, c in -1.0..1.0, d in -1.0..1.0, a in 0.0..1.0, flip: bool) {
            let norm = f64::sqrt(a * a + b * b + c * c + d * d);
            prop_assume!(norm > 0.1);
            let placement = Placement {
                pixdim: [if flip { -1.0 } else { 1.0 }, 0.5, 2.0, 3.0],
                qform_code: 1,
                quaternion: [b / norm, c / norm, d / norm],
                offset: [1.0, 2.0, 3.0],
                sform_code: 0,
                srow: [[0.0; 4]; 3],
            };
            check_qform(&placement.affine([1; 3]).unwrap());
        }
    }
}
