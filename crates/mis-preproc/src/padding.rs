//! What stands where a padded image goes beyond the scan.

use mis_core::{Statistics, statistics};
use ndarray::{ArrayViewMut3, Axis};
use serde::{Deserialize, Serialize};

use crate::percentiles::percentiles;

/// The grey values of voxels that a pad adds: one value for the channel, or the image gone on with in one of NumPy's
/// ways. Statistics are of the whole channel, where NumPy's are of each line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// The channel's smallest value: air in a CT, the lowest z-score after normalization.
    #[default]
    Minimum,
    /// The channel's largest value.
    Maximum,
    /// The channel's mean.
    Mean,
    /// The channel's median.
    Median,
    /// This value.
    Value(f32),
    /// The outermost voxel, again and again: `a b c | c c c`.
    Edge,
    /// The image mirrored at its outermost voxel: `a b c | b a b`.
    Reflect,
    /// The image mirrored behind its outermost voxel: `a b c | c b a`.
    Symmetric,
    /// The image again from its other end: `a b c | a b c`.
    Wrap,
    /// From the outermost voxel in even steps to this value, axis after axis.
    LinearRamp(f32),
}

impl Padding {
    /// Fills `padded` from a channel of shape `from` whose voxel (0, 0, 0) comes to lie at `low`.
    pub(crate) fn fill(
        self,
        channel: &[f32],
        from: [usize; 3],
        mut padded: ArrayViewMut3<'_, f32>,
        low: [usize; 3],
    ) {
        let rule: fn(isize, isize) -> isize = match self {
            // Forth and back in 2n − 2 steps, or with the ends twice in 2n.
            Self::Reflect => |x, n| {
                let x = x.rem_euclid((2 * n - 2).max(1));
                x.min(2 * n - 2 - x)
            },
            Self::Symmetric => |x, n| {
                let x = x.rem_euclid(2 * n);
                x.min(2 * n - 1 - x)
            },
            Self::Wrap => |x, n| x.rem_euclid(n),
            // The others overwrite what lies outside.
            _ => |x, n| x.clamp(0, n - 1),
        };
        let to = padded.dim();
        let [at_i, at_j, at_k]: [Vec<usize>; 3] = std::array::from_fn(|axis| {
            let place = |x: usize| rule(x as isize - low[axis] as isize, from[axis] as isize) as usize;
            (0..[to.0, to.1, to.2][axis]).map(place).collect()
        });
        for (mut plane, i) in padded.outer_iter_mut().zip(at_i) {
            for (mut row, j) in plane.outer_iter_mut().zip(&at_j) {
                let source = &channel[(i * from[1] + j) * from[2]..][..from[2]];
                row.iter_mut().zip(&at_k).for_each(|(value, &k)| *value = source[k]);
            }
        }
        let Statistics { mean, min, max, .. } = statistics(channel);
        match self {
            Self::Minimum => fill_outside(padded, from, low, min),
            Self::Maximum => fill_outside(padded, from, low, max),
            Self::Mean => fill_outside(padded, from, low, mean as f32),
            Self::Median => fill_outside(padded, from, low, percentiles(&mut channel.to_vec(), &[50.0])[0]),
            Self::Value(value) => fill_outside(padded, from, low, value),
            Self::LinearRamp(value) => ramp(padded, from, low, value),
            Self::Edge | Self::Reflect | Self::Symmetric | Self::Wrap => {}
        }
    }
}

fn fill_outside(mut padded: ArrayViewMut3<'_, f32>, from: [usize; 3], low: [usize; 3], value: f32) {
    let inside = |axis: usize, x: usize| low[axis] <= x && x < low[axis] + from[axis];
    for (i, mut plane) in padded.outer_iter_mut().enumerate() {
        for (j, mut row) in plane.outer_iter_mut().enumerate() {
            if inside(0, i) && inside(1, j) {
                let (before, after) = (low[2], low[2] + from[2]);
                row.iter_mut().take(before).for_each(|v| *v = value);
                row.iter_mut().skip(after).for_each(|v| *v = value);
            } else {
                row.fill(value);
            }
        }
    }
}

fn ramp(mut padded: ArrayViewMut3<'_, f32>, from: [usize; 3], low: [usize; 3], end: f32) {
    for axis in 0..3 {
        let (first, last) = (low[axis], low[axis] + from[axis] - 1);
        let n = padded.len_of(Axis(axis));
        let sides = [
            (first, first, (0..first).rev().collect::<Vec<_>>()),
            (last, n - 1 - last, (last + 1..n).collect()),
        ];
        for (edge, width, places) in sides {
            let edge = padded.index_axis(Axis(axis), edge).to_owned();
            for (step, place) in places.into_iter().enumerate() {
                let share = (step + 1) as f32 / width as f32;
                let mut slice = padded.index_axis_mut(Axis(axis), place);
                slice.zip_mut_with(&edge, |value, &edge| *value = edge + share * (end - edge));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[track_caller]
    fn check(padding: Padding, expected: [f32; 9]) {
        let mut padded = Array3::zeros((1, 1, 9));
        padding.fill(&[1.0, 2.0, 6.0], [1, 1, 3], padded.view_mut(), [0, 0, 2]);
        assert_eq!(padded.as_slice().unwrap(), expected, "{padding:?}");
    }

    #[test]
    fn a_line_goes_on_as_numpy_has_it() {
        // numpy.pad([1, 2, 6], (2, 4), …)
        check(Padding::Value(9.0), [9., 9., 1., 2., 6., 9., 9., 9., 9.]);
        check(Padding::Edge, [1., 1., 1., 2., 6., 6., 6., 6., 6.]);
        check(Padding::Reflect, [6., 2., 1., 2., 6., 2., 1., 2., 6.]);
        check(Padding::Symmetric, [2., 1., 1., 2., 6., 6., 2., 1., 1.]);
        check(Padding::Wrap, [2., 6., 1., 2., 6., 1., 2., 6., 1.]);
        check(Padding::LinearRamp(0.0), [0., 0.5, 1., 2., 6., 4.5, 3., 1.5, 0.]);
        check(Padding::Minimum, [1., 1., 1., 2., 6., 1., 1., 1., 1.]);
        check(Padding::Maximum, [6., 6., 1., 2., 6., 6., 6., 6., 6.]);
        check(Padding::Mean, [3., 3., 1., 2., 6., 3., 3., 3., 3.]);
        check(Padding::Median, [2., 2., 1., 2., 6., 2., 2., 2., 2.]);
    }

    #[test]
    fn one_voxel_goes_on_as_itself() {
        for padding in [Padding::Edge, Padding::Reflect, Padding::Symmetric, Padding::Wrap, Padding::Mean] {
            let mut padded = Array3::zeros((3, 1, 2));
            padding.fill(&[7.0], [1; 3], padded.view_mut(), [1, 0, 1]);
            assert!(padded.iter().all(|&value| value == 7.0), "{padding:?}");
        }
    }

    #[test]
    fn corners_of_a_ramp_fall_along_both_axes() {
        let mut padded = Array3::zeros((1, 3, 3));
        Padding::LinearRamp(0.0).fill(&[8.0], [1; 3], padded.view_mut(), [0, 1, 1]);
        assert_eq!(padded.as_slice().unwrap(), [0., 0., 0., 0., 8., 0., 0., 0., 0.]);
        let mut padded = Array3::zeros((1, 1, 5));
        Padding::LinearRamp(4.0).fill(&[8.0], [1; 3], padded.view_mut(), [0, 0, 2]);
        assert_eq!(padded.as_slice().unwrap(), [4., 6., 8., 6., 4.]);
    }
}
