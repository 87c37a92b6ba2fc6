//! The spectrum that an MR scanner records, along one axis.

use ndarray::{Array3, ArrayView3, Axis, Zip};
use rustfft::FftPlannerScalar;
use rustfft::num_complex::Complex32;

/// The real part of an image whose spectrum along an axis is weighted, one weight for each frequency in the order of the
/// discrete Fourier transform: 0, 1, 2, … and up to −1.
///
/// Weights that depend on one axis alone need no transform along the others: they would undo themselves.
pub(crate) fn weighted(image: ArrayView3<'_, f32>, axis: usize, weights: &[f32]) -> Array3<f32> {
    let n = weights.len();
    // The scalar planner's transforms are the same on every machine.
    let mut planner = FftPlannerScalar::new();
    let (forth, back) = (planner.plan_fft_forward(n), planner.plan_fft_inverse(n));
    let scaled: Vec<f32> = weights.iter().map(|weight| weight / n as f32).collect();
    let mut out = Array3::zeros(image.dim());
    Zip::from(out.lanes_mut(Axis(axis))).and(image.lanes(Axis(axis))).par_for_each(|mut out, line| {
        let mut spectrum: Vec<_> = line.iter().map(|&value| Complex32::new(value, 0.0)).collect();
        forth.process(&mut spectrum);
        spectrum.iter_mut().zip(&scaled).for_each(|(value, weight)| *value *= weight);
        back.process(&mut spectrum);
        out.iter_mut().zip(spectrum).for_each(|(out, value)| *out = value.re);
    });
    out
}

/// The frequencies of `n` samples in the order of the discrete Fourier transform, from −n/2 up to n/2.
pub(crate) fn frequencies(n: usize) -> impl Iterator<Item = isize> {
    (0..n as isize).map(move |at| if 2 * at < n as isize { at } else { at - n as isize })
}

/// The axes of a shape along which there is more than one voxel, of those that are allowed; all if none is.
pub(crate) fn long_axes(shape: [usize; 3], allowed: [bool; 3]) -> Vec<usize> {
    let long: Vec<usize> = (0..3).filter(|&axis| shape[axis] > 1).collect();
    let chosen: Vec<usize> = long.iter().copied().filter(|&axis| allowed[axis]).collect();
    if chosen.is_empty() { long } else { chosen }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_change_nothing_and_the_lowest_frequency_is_the_mean() {
        for (axis, n) in [(0, 7), (1, 8), (2, 12)] {
            let image =
                Array3::from_shape_fn((7, 8, 12), |(i, j, k)| ((i * 31 + j * 17 + k * 7) % 23) as f32);
            let same = weighted(image.view(), axis, &vec![1.0; n]);
            assert!(same.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-5)); // f32 at values up to 22
            let mut lowest = vec![0.0; n];
            lowest[0] = 1.0;
            let mean = weighted(image.view(), axis, &lowest);
            let expected = image.mean_axis(Axis(axis)).unwrap().insert_axis(Axis(axis));
            assert!(
                mean.iter().zip(expected.broadcast((7, 8, 12)).unwrap()).all(|(a, b)| (a - b).abs() < 1e-5)
            );
        }
    }

    #[test]
    fn frequencies_are_in_the_transforms_order() {
        assert_eq!(frequencies(5).collect::<Vec<_>>(), [0, 1, 2, -2, -1]);
        assert_eq!(frequencies(4).collect::<Vec<_>>(), [0, 1, -2, -1]);
    }
}
