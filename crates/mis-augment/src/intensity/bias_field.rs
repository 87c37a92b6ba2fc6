//! The uneven sensitivity of MR coils.

use anyhow::Result;
use mis_core::{Sample, SampleRng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::power::exp2;
use crate::factor::{check_range, uniform};
use crate::told::transform_by_draw;

/// Multiplies each channel by a smooth field of its own (Van Leemput et al. 1999, as in TorchIO): `x·e^P`, where `P` is
/// a polynomial of the third degree in the place, which goes from −1 to 1 along each axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct BiasField {
    /// Lowest and highest strength: the polynomial's coefficients are uniform from minus it to it.
    pub strength: [f32; 2],
}

impl Default for BiasField {
    fn default() -> Self {
        Self { strength: [0.0, 0.5] }
    }
}

/// The degree of the polynomial, and its number of terms `i^a·j^b·k^c` with `a + b + c` up to the degree.
const DEGREE: usize = 3;
const N_TERMS: usize = 20;

/// The powers of i, j and k in each term.
fn terms() -> impl Iterator<Item = [usize; 3]> {
    (0..=DEGREE)
        .flat_map(|a| (0..=DEGREE - a).flat_map(move |b| (0..=DEGREE - a - b).map(move |c| [a, b, c])))
}

impl BiasField {
    /// The coefficients of each channel's polynomial, of the terms `i^a·j^b·k^c` by a, then b, then c.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<[f32; N_TERMS]> {
        (0..n_channels)
            .map(|_| {
                let strength = uniform(self.strength, rng);
                std::array::from_fn(|_| uniform([-strength, strength], rng))
            })
            .collect()
    }

    /// The sample under these polynomials, one for each channel.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, fields: &[[f32; N_TERMS]]) -> Sample {
        let shape = sample.image.shape();
        let place = |axis: usize, at: usize| match shape[axis] {
            1 => 0.0,
            n => 2.0 * at as f32 / (n - 1) as f32 - 1.0,
        };
        let along_k: Vec<f32> = (0..shape[2]).map(|k| place(2, k)).collect();
        let n: usize = shape.iter().product();
        for (channel, field) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(fields) {
            channel.par_chunks_exact_mut(shape[1] * shape[2]).enumerate().for_each(|(i, plane)| {
                for (j, row) in plane.chunks_exact_mut(shape[2]).enumerate() {
                    // Within a row it is a polynomial in k alone.
                    let (i, j) = (place(0, i), place(1, j));
                    let mut of_k = [0.0; DEGREE + 1];
                    for ([a, b, c], coefficient) in terms().zip(field) {
                        of_k[c] += coefficient * i.powi(a as i32) * j.powi(b as i32);
                    }
                    for (x, &k) in row.iter_mut().zip(&along_k) {
                        let p = of_k[0] + k * (of_k[1] + k * (of_k[2] + k * of_k[3]));
                        *x *= exp2((p * std::f32::consts::LOG2_E).clamp(-126.0, 126.0));
                    }
                }
            });
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("strength", self.strength)
    }
}

transform_by_draw!(BiasField, "bias-field", |this, sample, rng| this.draw(sample.image.n_channels(), rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    #[test]
    fn the_field_is_the_exponential_of_the_polynomial() {
        assert_eq!(terms().count(), N_TERMS);
        let image = Volume::new(Array4::ones((1, 3, 4, 5)), Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let field: [f32; N_TERMS] = std::array::from_fn(|n| (n as f32 * 0.37).sin() * 0.5);
        let found = BiasField::default().apply_drawn(sample, &[field]);
        for ((_, i, j, k), value) in found.image.data().indexed_iter() {
            let [i, j, k] =
                [(i, 3), (j, 4), (k, 5)].map(|(at, n)| 2.0 * f64::from(at as u32) / f64::from(n - 1) - 1.0);
            let polynomial: f64 = terms()
                .zip(field)
                .map(|([a, b, c], f)| f64::from(f) * i.powi(a as i32) * j.powi(b as i32) * k.powi(c as i32))
                .sum();
            assert!((f64::from(*value) / polynomial.exp() - 1.0).abs() < 2e-6); // f32 rounding of 20 terms
        }
    }
}
