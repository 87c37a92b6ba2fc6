//! Where the voxels of a resized axis lie on the old one.

/// A place on the old axis, exact: `lower + numerator / denominator`.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// The voxel at or before the place; -1 in the first half voxel.
    pub(super) lower: isize,
    numerator: u64,
    denominator: u64,
}

impl Position {
    /// The distance from `lower`, from 0 up to 1.
    pub(super) fn fraction(self) -> f32 {
        (self.numerator as f64 / self.denominator as f64) as f32
    }
}

/// Half-pixel coordinates: place `(x + ½)·from/to − ½` of each voxel `x` of the new axis.
pub(super) fn positions(from: usize, to: usize) -> impl Iterator<Item = Position> {
    let denominator = 2 * to as i64;
    (0..to as i64).map(move |x| {
        let numerator = (2 * x + 1) * from as i64 - to as i64;
        Position {
            lower: numerator.div_euclid(denominator) as isize,
            numerator: numerator.rem_euclid(denominator) as u64,
            denominator: denominator as u64,
        }
    })
}

/// The old voxels at either side of a new one; both are the outermost one beyond the border, and both are the one that
/// a new voxel lies upon.
#[derive(Clone, Copy)]
pub(super) struct Between {
    pub(super) lower: usize,
    pub(super) upper: usize,
    /// Shares of lower and upper, as whole numbers with the same sum along the axis: ties between classes are exact.
    pub(super) shares: [u64; 2],
    /// The share of upper, from 0 up to 1.
    pub(super) fraction: f32,
}

/// The neighbors of each voxel of the new axis.
pub(super) fn between(from: usize, to: usize) -> Vec<Between> {
    let last = from as isize - 1;
    positions(from, to)
        .map(|at| Between {
            lower: at.lower.clamp(0, last) as usize,
            upper: (at.lower + isize::from(at.numerator > 0)).clamp(0, last) as usize,
            shares: [at.denominator - at.numerator, at.numerator],
            fraction: at.fraction(),
        })
        .collect()
}

/// The nearest voxel of each voxel of the new axis, in the form of neighbors.
pub(super) fn upon(from: usize, to: usize) -> Vec<Between> {
    nearest(from, to)
        .into_iter()
        .map(|voxel| Between { lower: voxel, upper: voxel, shares: [1, 0], fraction: 0.0 })
        .collect()
}

/// The nearest voxel for each voxel of the new axis; halfway the higher one, as SciPy and torch's `nearest-exact`.
pub(super) fn nearest(from: usize, to: usize) -> Vec<usize> {
    (0..to).map(|x| (2 * x + 1) * from / (2 * to)).collect()
}
