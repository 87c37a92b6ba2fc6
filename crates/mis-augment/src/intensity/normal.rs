//! Normal random numbers, many at once.

use mis_core::sample_rng;
use rand::RngCore as _;
use rayon::prelude::*;

use super::power::log2;

/// Values with one random stream: streams by place, not by thread, make the same noise on any number of threads.
const CHUNK: usize = 1 << 14;

/// Replaces each value `x` by `change(x, z)` with a standard normal `z` of its own, a function of seed and place.
pub(crate) fn with_normals(values: &mut [f32], seed: u64, change: impl Fn(f32, f32) -> f32 + Sync) {
    values.par_chunks_mut(CHUNK).enumerate().for_each(|(n, values)| {
        let mut normals = Normals::new(seed, n as u64);
        for values in values.chunks_mut(2 * LANES) {
            for (x, z) in values.iter_mut().zip(normals.next()) {
                *x = change(*x, z);
            }
        }
    });
}

/// Generators side by side: a loop over them is vector code.
const LANES: usize = 8;
type Lanes = [u32; LANES];

/// Standard normals by Box and Muller's transform of the uniforms of eight xoshiro128++ generators (Blackman & Vigna
/// 2021), which are seeded by one ChaCha stream.
///
/// Every step is an exact or correctly rounded operation: the same numbers on every machine. Uniforms have 24 bits, so
/// that none is farther out than 5.77.
struct Normals {
    state: [Lanes; 4],
}

impl Normals {
    fn new(seed: u64, stream: u64) -> Self {
        let mut rng = sample_rng(seed, 0, stream);
        Self { state: std::array::from_fn(|_| std::array::from_fn(|_| rng.next_u32())) }
    }

    #[inline]
    fn bits(&mut self) -> Lanes {
        let [s0, s1, s2, s3] = &mut self.state;
        let mut out = [0; LANES];
        for n in 0..LANES {
            out[n] = s0[n].wrapping_add(s3[n]).rotate_left(7).wrapping_add(s0[n]);
            let t = s1[n] << 9;
            s2[n] ^= s0[n];
            s3[n] ^= s1[n];
            s1[n] ^= s2[n];
            s0[n] ^= s3[n];
            s2[n] ^= t;
            s3[n] = s3[n].rotate_left(11);
        }
        out
    }

    #[inline]
    fn next(&mut self) -> [f32; 2 * LANES] {
        let (a, b) = (self.bits(), self.bits());
        let mut out = [0.0; 2 * LANES];
        for n in 0..LANES {
            // Above 0, up to 1.
            let u = ((a[n] >> 8) as i32 + 1) as f32 * (1.0 / 16_777_216.0);
            let radius = (-2.0 * std::f32::consts::LN_2 * log2(u)).max(0.0).sqrt();
            // The right half of the circle, and by one bit more the left one.
            let angle = ((b[n] >> 9) as i32 as f32 * (1.0 / 8_388_608.0) - 0.5) * std::f32::consts::PI;
            let (sin, cos) = sin_cos(angle);
            let cos = f32::from_bits(cos.to_bits() ^ (b[n] << 31));
            out[n] = radius * cos;
            out[LANES + n] = radius * sin;
        }
        out
    }
}

/// Sine and cosine within ±π/2 by their Taylor series, 6e-8 off.
#[inline]
fn sin_cos(x: f32) -> (f32, f32) {
    let q = x * x;
    let sin = 1.0 / 120.0 - q * (1.0 / 5040.0 - q * (1.0 / 362_880.0 - q * (1.0 / 39_916_800.0)));
    let sin = x * (1.0 - q * (1.0 / 6.0 - q * sin));
    let cos = 1.0 / 720.0 - q * (1.0 / 40_320.0 - q * (1.0 / 3_628_800.0 - q * (1.0 / 479_001_600.0)));
    let cos = 1.0 - q * (0.5 - q * (1.0 / 24.0 - q * cos));
    (sin, cos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normals(n: usize, seed: u64) -> Vec<f32> {
        let mut values = vec![0.0; n];
        with_normals(&mut values, seed, |_, z| z);
        values
    }

    #[test]
    fn moments_are_those_of_a_standard_normal() {
        let n = 1 << 20;
        let z = normals(n, 3);
        let moment = |power: i32| z.iter().map(|z| f64::from(*z).powi(power)).sum::<f64>() / n as f64;
        // Five standard errors; the variance of zᵖ is E z²ᵖ − (E zᵖ)².
        for (power, expected, variance) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10_170.0)]
        {
            let bound = 5.0 * f64::sqrt(variance / n as f64);
            assert!((moment(power) - expected).abs() < bound, "moment {power}: {}", moment(power));
        }
    }

    #[test]
    fn neighbors_and_the_halves_of_a_pair_are_independent() {
        let z = normals(1 << 20, 5);
        for distance in [1, LANES, 2 * LANES, CHUNK] {
            let products = z.iter().zip(&z[distance..]).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            let squares = z.iter().zip(&z[distance..]).map(|(a, b)| f64::from(a * a * b * b)).sum::<f64>();
            let n = (z.len() - distance) as f64;
            // Five standard errors of the mean product of independent normals, 1, and of their squares, √8.
            assert!((products / n).abs() < 5.0 / n.sqrt(), "at {distance}: {}", products / n);
            assert!((squares / n - 1.0).abs() < 5.0 * (8.0 / n).sqrt(), "at {distance}: {}", squares / n);
        }
    }

    #[test]
    fn the_shares_beyond_one_two_and_three_deviations_are_right() {
        let n = 1_u32 << 20;
        let z = normals(n as usize, 7);
        for (limit, share) in [(1.0, 0.317_310_5), (2.0, 0.045_500_3), (3.0, 0.002_699_8), (4.0, 6.334e-5)] {
            let found = z.iter().filter(|z| z.abs() > limit).count() as f64;
            let n = f64::from(n);
            let bound = 5.0 * f64::sqrt(n * share * (1.0 - share));
            assert!((found - n * share).abs() < bound, "{found} beyond {limit}");
        }
        assert!(z.iter().all(|z| z.abs() < 5.78));
    }

    #[test]
    fn sine_and_cosine_are_those_of_the_standard_library() {
        for n in -1000..=1000 {
            let x = n as f32 / 1000.0 * std::f32::consts::FRAC_PI_2;
            let ((sin, cos), exact) = (sin_cos(x), f64::from(x).sin_cos());
            // The series' 6e-8 and as much of rounding.
            assert!((f64::from(sin) - exact.0).abs() < 2e-7 && (f64::from(cos) - exact.1).abs() < 2e-7);
        }
    }
}
