//! Smooth fields of displacements.

/// A smooth field that displaces the voxels of a patch, for elastic deformation: cubic B-splines on a coarse lattice.
///
/// Nodes lie `step` voxels apart along an axis, node `n` at voxel `(n − 1)·step`: one before the patch, two or more
/// behind its last voxel. The displacement of a voxel along each axis, in voxels, is the sum of the 4×4×4 coefficients
/// around it weighted by the uniform cubic B-spline, whose weights add up to 1: it never exceeds the largest
/// coefficient.
#[derive(Clone, Debug, PartialEq)]
pub struct Displacement {
    step: [usize; 3],
    nodes: [usize; 3],
    /// Along i, j and k; each `nodes` in C order.
    coefficients: [Vec<f32>; 3],
}

impl Displacement {
    /// The number of nodes along each axis that a patch of this shape needs.
    #[must_use]
    pub fn nodes(shape: [usize; 3], step: [usize; 3]) -> [usize; 3] {
        std::array::from_fn(|axis| (shape[axis] - 1) / step[axis] + 4)
    }

    /// A field for patches of this shape from the coefficients of the displacements along i, j and k, in voxels.
    ///
    /// # Panics
    /// Where a step is 0, or an axis has not one coefficient for each of its [`nodes`](Self::nodes).
    #[must_use]
    pub fn new(shape: [usize; 3], step: [usize; 3], coefficients: [Vec<f32>; 3]) -> Self {
        assert!(step.iter().all(|&step| step > 0), "steps must be positive, got {step:?}");
        let nodes = Self::nodes(shape, step);
        for values in &coefficients {
            assert_eq!(
                values.len(),
                nodes.iter().product::<usize>(),
                "one coefficient for each node of {nodes:?}"
            );
        }
        Self { step, nodes, coefficients }
    }

    /// For each axis a number that no displacement exceeds, in voxels.
    #[must_use]
    pub fn reach(&self) -> [f64; 3] {
        self.coefficients
            .each_ref()
            .map(|values| f64::from(values.iter().fold(0.0_f32, |a, v| a.max(v.abs()))))
    }

    /// What evaluates rows of a plane, to be used again for the next one.
    pub(super) fn rows(&self) -> DisplacedRows<'_> {
        let weights = self.step.map(|step| (0..step).map(|at| weights(at as f32 / step as f32)).collect());
        let plane = self.nodes[1] * self.nodes[2];
        DisplacedRows {
            field: self,
            weights,
            planes: [(); 3].map(|()| vec![0.0; plane]),
            row: vec![0.0; self.nodes[2]],
        }
    }
}

/// Evaluates a field row by row: what rows of one plane share is computed once.
pub(super) struct DisplacedRows<'a> {
    field: &'a Displacement,
    /// For each axis the weights of the places between two nodes.
    weights: [Vec<[f32; 4]>; 3],
    planes: [Vec<f32>; 3],
    row: Vec<f32>,
}

impl DisplacedRows<'_> {
    /// Goes to plane `i`.
    pub(super) fn enter(&mut self, i: usize) {
        let Displacement { step, nodes, coefficients } = self.field;
        let (first, w) = (i / step[0], self.weights[0][i % step[0]]);
        let n = nodes[1] * nodes[2];
        for (plane, coefficients) in self.planes.iter_mut().zip(coefficients) {
            blend(&coefficients[first * n..][..4 * n], w, plane);
        }
    }

    /// The displacements of row `j` along one axis.
    pub(super) fn row(&mut self, axis: usize, j: usize, out: &mut [f32]) {
        let Displacement { step, nodes, .. } = self.field;
        let (first, w) = (j / step[1], self.weights[1][j % step[1]]);
        blend(&self.planes[axis][first * nodes[2]..][..4 * nodes[2]], w, &mut self.row);
        for (out, c) in out.chunks_mut(step[2]).zip(self.row.windows(4)) {
            for (out, w) in out.iter_mut().zip(&self.weights[2]) {
                *out = (w[0] * c[0] + w[1] * c[1]) + (w[2] * c[2] + w[3] * c[3]);
            }
        }
    }
}

/// Four neighboring planes or rows to one.
fn blend(four: &[f32], w: [f32; 4], out: &mut [f32]) {
    let n = out.len();
    let (ab, cd) = four.split_at(2 * n);
    let ((a, b), (c, d)) = (ab.split_at(n), cd.split_at(n));
    for at in 0..n {
        out[at] = (w[0] * a[at] + w[1] * b[at]) + (w[2] * c[at] + w[3] * d[at]);
    }
}

/// The uniform cubic B-spline's weights of the nodes −1, 0, 1 and 2 at a place `t` behind node 0.
fn weights(t: f32) -> [f32; 4] {
    super::bspline::weights(t).map(|w| w / 6.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_that_rise_evenly_displace_evenly() {
        // A B-spline reproduces straight lines: node n, at voxel (n − 1)·step, carries the value of that voxel.
        let (shape, step) = ([9, 6, 11], [4, 5, 3]);
        let nodes = Displacement::nodes(shape, step);
        let line = |at: [f32; 3]| 0.25 * at[0] - 0.5 * at[1] + 2.0 * at[2] + 1.0;
        let mut coefficients = Vec::new();
        for i in 0..nodes[0] {
            for j in 0..nodes[1] {
                for k in 0..nodes[2] {
                    let at = [(i, step[0]), (j, step[1]), (k, step[2])];
                    coefficients.push(line(at.map(|(n, step)| (n as f32 - 1.0) * step as f32)));
                }
            }
        }
        let field = Displacement::new(shape, step, [(); 3].map(|()| coefficients.clone()));
        let mut rows = field.rows();
        let mut out = vec![0.0; shape[2]];
        for i in 0..shape[0] {
            rows.enter(i);
            for j in 0..shape[1] {
                rows.row(i % 3, j, &mut out);
                for (k, found) in out.iter().enumerate() {
                    let expected = line([i as f32, j as f32, k as f32]);
                    assert!((found - expected).abs() < 1e-4, "at {:?}: {expected}, {found}", [i, j, k]); // f32 rounding
                }
            }
        }
    }
}
