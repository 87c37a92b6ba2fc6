//! The cells of eight voxels that places lie in.

/// For each place of a row its cell: the lower voxel along each axis, and how far the place is on to the upper one.
#[derive(Default)]
pub(super) struct Cells {
    lower: [Vec<u32>; 3],
    fractions: [Vec<f32>; 3],
}

impl Cells {
    /// Finds the cells of these places in an image of this shape; places beyond its outermost voxels' centers are taken
    /// as on them.
    #[inline]
    pub(super) fn find(&mut self, shape: [usize; 3], at: [&[f32]; 3]) {
        // One short loop for each axis, which compilers turn into vector code.
        for axis in 0..3 {
            let (last, highest) = ((shape[axis] - 1) as f32, shape[axis].saturating_sub(2) as i32);
            let (lower, fractions) = (&mut self.lower[axis], &mut self.fractions[axis]);
            lower.resize(at[axis].len(), 0);
            fractions.resize(at[axis].len(), 0.0);
            for ((lower, fraction), &x) in lower.iter_mut().zip(fractions).zip(at[axis]) {
                let x = x.max(0.0).min(last);
                let below = (x as i32).min(highest);
                *lower = below as u32;
                *fraction = x - below as f32;
            }
        }
    }

    /// The lower voxels of the first `n` places, each axis in a slice of its own.
    #[inline]
    pub(super) fn lower(&self, n: usize) -> [&[u32]; 3] {
        self.lower.each_ref().map(|lower| &lower[..n])
    }

    /// The distances from the lower voxels of the first `n` places, each axis in a slice of its own.
    #[inline]
    pub(super) fn fractions(&self, n: usize) -> [&[f32]; 3] {
        self.fractions.each_ref().map(|fractions| &fractions[..n])
    }
}
