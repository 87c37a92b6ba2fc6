//! Smoothing.

use rayon::prelude::*;

use super::resize::check_shape;
use crate::zeros;

/// A channel of shape `(i, j, k)` blurred by a Gaussian of these standard deviations in voxels along i, j and k; 0 leaves
/// an axis as it is.
///
/// The border reflects (`d c b a | a b c d`), the kernel reaches 4 σ, as in SciPy. It is made row by row from the planes
/// around, then from the rows around and within the row.
///
/// # Panics
/// Where the number of values is not that of the shape.
#[must_use]
pub fn gaussian(source: &[f32], shape: [usize; 3], sigma: [f32; 3]) -> Vec<f32> {
    check_shape(source.len(), shape);
    let kernels = sigma.map(kernel);
    let (n_plane, width) = (shape[1] * shape[2], shape[2]);
    let mut out = zeros(source.len());
    out.par_chunks_exact_mut(n_plane).enumerate().for_each_init(
        || (vec![0.0; n_plane], vec![0.0; width], vec![0.0; width + 2 * (kernels[2].len() - 1)]),
        |(plane, row, padded), (i, out)| {
            for (j, row) in plane.chunks_exact_mut(width).enumerate() {
                across(&source[j * width..], n_plane, shape[0], i, &kernels[0], row);
            }
            for (j, out) in out.chunks_exact_mut(width).enumerate() {
                across(plane, width, shape[1], j, &kernels[1], row);
                along(row, padded, &kernels[2], out);
            }
        },
    );
    out
}

/// The weights at distance 0, 1, … of a Gaussian that sums to 1.
fn kernel(sigma: f32) -> Vec<f32> {
    let sigma = f64::from(sigma);
    let reach = (4.0 * sigma + 0.5) as i32;
    let weight = |distance: i32| (-0.5 * (f64::from(distance) / sigma).powi(2)).exp();
    let sum = 1.0 + 2.0 * (1..=reach).map(weight).sum::<f64>();
    std::iter::once(1.0).chain((1..=reach).map(weight)).map(|weight| (weight / sum) as f32).collect()
}

/// The index that a place before or behind an axis of `n` reflects to.
fn reflected(at: isize, n: usize) -> usize {
    let at = at.rem_euclid(2 * n as isize) as usize;
    at.min(2 * n - 1 - at)
}

crate::vectorized! {
    /// The row at place `at` of `n` rows that begin `stride` values apart, blurred from row to row.
    fn across(source: &[f32], stride: usize, n: usize, at: usize, kernel: &[f32], out: &mut [f32]) {
        let width = out.len();
        let row = |at: isize| &source[reflected(at, n) * stride..][..width];
        let at = at as isize;
        for (out, value) in out.iter_mut().zip(row(at)) {
            *out = kernel[0] * value;
        }
        for (distance, weight) in (1..).zip(&kernel[1..]) {
            for ((out, a), b) in out.iter_mut().zip(row(at - distance)).zip(row(at + distance)) {
                *out += weight * (a + b);
            }
        }
    }
}

crate::vectorized! {
    /// A row, blurred within; `padded` has room for the row and the kernel's reach at either side.
    fn along(row: &[f32], padded: &mut [f32], kernel: &[f32], out: &mut [f32]) {
        let reach = kernel.len() - 1;
        for distance in 0..reach {
            padded[reach - 1 - distance] = row[reflected(-1 - distance as isize, row.len())];
            padded[reach + row.len() + distance] = row[reflected((row.len() + distance) as isize, row.len())];
        }
        padded[reach..reach + row.len()].copy_from_slice(row);
        for (out, value) in out.iter_mut().zip(row) {
            *out = kernel[0] * value;
        }
        for (distance, weight) in (1..).zip(&kernel[1..]) {
            for ((out, a), b) in out.iter_mut().zip(&padded[reach - distance..]).zip(&padded[reach + distance..])
            {
                *out += weight * (a + b);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.ndimage.gaussian_filter((i*31 + j*17 + k*7) % 23, [0.5, 0.8, 1.0])` on shape (3, 4, 5), SciPy 1.17.1.
    #[rustfmt::skip]
    const REFERENCE: [f32; 60] = [
        5.8240, 8.2104, 11.9269, 13.5403, 12.2362,
        9.5317, 9.0102, 10.2101, 12.7331, 14.4025,
        11.0675, 10.6132, 9.9153, 10.7957, 12.7206,
        9.6635, 11.3225, 11.1696, 9.8344, 10.1651,
        9.1621, 11.5547, 12.7347, 11.3521, 10.8206,
        8.9137, 10.0163, 10.5496, 9.4287, 8.7476,
        11.5826, 10.6435, 10.1498, 9.7494, 8.9898,
        13.5105, 12.3372, 10.8180, 11.0356, 11.9034,
        10.6973, 8.6340, 8.8516, 12.1693, 15.6091,
        10.1793, 9.7346, 9.0505, 9.9034, 11.9034,
        10.4150, 10.6722, 10.4873, 9.5147, 8.9069,
        13.4914, 11.7289, 11.5683, 10.9461, 8.6439,
    ];

    #[test]
    fn values_are_scipys() {
        let mut image = Vec::new();
        for i in 0..3 {
            for j in 0..4 {
                image.extend((0..5).map(|k| ((i * 31 + j * 17 + k * 7) % 23) as f32));
            }
        }
        let blurred = gaussian(&image, [3, 4, 5], [0.5, 0.8, 1.0]);
        for (found, expected) in blurred.iter().zip(REFERENCE) {
            assert!((found - expected).abs() < 1e-4, "expected {expected}, found {found}"); // printed digits
        }
    }

    #[test]
    fn a_blurred_point_keeps_its_sum_and_spreads_by_sigma() {
        let mut image = vec![0.0; 21 * 21];
        image[10 * 21 + 10] = 1.0;
        let blurred = gaussian(&image, [21, 21, 1], [1.5, 0.5, 1.0]);
        let moment = |axis: usize| -> f32 {
            let at = |n: usize| [n / 21, n % 21][axis] as f32 - 10.0;
            blurred.iter().enumerate().map(|(n, v)| v * at(n) * at(n)).sum()
        };
        assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        // A sampled Gaussian that ends at 4 σ is a little narrower.
        assert!((moment(0).sqrt() - 1.5).abs() < 0.01);
        assert!((moment(1).sqrt() - 0.5).abs() < 0.04, "{}", moment(1).sqrt());
    }
}
