//! Bending the grey scale.

use anyhow::Result;
use mis_core::{Sample, SampleRng, statistics};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::power::power;
use crate::Factor;
use crate::told::transform_by_draw;

/// Bends each channel's grey scale by an exponent of its own: `((x − min)/range)^γ·range + min`.
///
/// An exponent above 1 darkens. By default nnU-Net's: 0.7 to 1.5, mean and deviation restored, not inverted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Gamma {
    /// The exponent γ of one channel.
    pub exponent: Factor,
    /// Whether the channel gets its mean and standard deviation back afterwards.
    pub retain_stats: bool,
    /// Whether the negative is bent, so that it is the bright values that change most.
    pub invert: bool,
}

impl Default for Gamma {
    fn default() -> Self {
        Self { exponent: Factor::AroundOne([0.7, 1.5]), retain_stats: true, invert: false }
    }
}

impl Gamma {
    /// One exponent for each channel.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<f32> {
        (0..n_channels).map(|_| self.exponent.draw(rng)).collect()
    }

    /// The sample under these exponents, one for each channel.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, exponents: &[f32]) -> Sample {
        let n: usize = sample.image.shape().iter().product();
        for (channel, &exponent) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(exponents) {
            self.bend(channel, exponent);
        }
        sample
    }

    fn bend(&self, channel: &mut [f32], exponent: f32) {
        let before = statistics(channel);
        let range = before.max - before.min;
        // Counted from the darkest value upwards, or from the brightest downwards.
        let (start, step) = if self.invert { (before.max, -range) } else { (before.min, range) };
        let bent = Bent { start, step, to_unit: 1.0 / range.max(1e-7), exponent, pivot: before.mean as f32 };
        // Sums are formed by chunks of this fixed length and added up in their order.
        let sums: Vec<[f64; 2]> = channel
            .par_chunks_mut(1 << 16)
            .map(|values| {
                let mut sums = [0.0; 2];
                bend(values, bent, &mut sums);
                sums
            })
            .collect();
        if self.retain_stats {
            let [sum, squares] =
                sums.into_iter().fold([0.0; 2], |all, sums| [all[0] + sums[0], all[1] + sums[1]]);
            let n = channel.len() as f64;
            let sd = (squares / n - (sum / n).powi(2)).max(0.0).sqrt();
            let factor = (before.sd / sd.max(1e-8)) as f32;
            let (from, to) = ((f64::from(bent.pivot) + sum / n) as f32, before.mean as f32);
            channel.par_chunks_mut(1 << 16).for_each(|values| {
                for x in values {
                    *x = (*x - from) * factor + to;
                }
            });
        }
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        self.exponent.check("exponent")
    }
}

/// What is the same for all values of a channel.
#[derive(Clone, Copy)]
struct Bent {
    start: f32,
    step: f32,
    to_unit: f32,
    exponent: f32,
    /// Near the mean that comes out: sums are of distances from it, so that squares do not cancel each other out.
    pivot: f32,
}

mis_core::vectorized! {
    /// The formula, value by value; adds the sums of the distances from the pivot and of their squares.
    fn bend(values: &mut [f32], bent: Bent, sums: &mut [f64; 2]) {
        const LANES: usize = 16;
        // So few values that single precision does for their sums.
        for values in values.chunks_mut(16 * LANES) {
            let (mut sum, mut squares) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            let mut one = |lane: usize, x: &mut f32| {
                let share = ((*x - bent.start).abs() * bent.to_unit).min(1.0);
                *x = bent.start + bent.step * power(share, bent.exponent);
                let distance = *x - bent.pivot;
                sum[lane] += distance;
                squares[lane] += distance * distance;
            };
            let (full, rest) = values.as_chunks_mut::<LANES>();
            for values in full {
                for lane in 0..LANES {
                    one(lane, &mut values[lane]);
                }
            }
            rest.iter_mut().enumerate().for_each(|(lane, x)| one(lane, x));
            sums[0] += f64::from(sum.iter().sum::<f32>());
            sums[1] += f64::from(squares.iter().sum::<f32>());
        }
    }
}

transform_by_draw!(Gamma, "gamma", |this, sample, rng| this.draw(sample.image.n_channels(), rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    fn bent(gamma: Gamma, exponent: f32, values: &[f32]) -> Vec<f32> {
        let data = Array4::from_shape_vec((1, 1, 1, values.len()), values.to_vec()).unwrap();
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        gamma.apply_drawn(sample, &[exponent]).image.as_slice().to_vec()
    }

    #[track_caller]
    fn check(found: &[f32], expected: &[f32]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "expected {expected}, found {found}"); // f32 rounding
        }
    }

    #[test]
    fn the_formula_holds_and_inverted_it_bends_the_bright_end() {
        let values = [-1.0, 0.0, 1.0, 3.0];
        let plain = Gamma { retain_stats: false, ..Gamma::default() };
        check(&bent(plain, 2.0, &values), &[-1.0, -0.75, 0.0, 3.0]);
        check(&bent(Gamma { invert: true, ..plain }, 2.0, &values), &[-1.0, 0.75, 2.0, 3.0]);
    }

    #[test]
    fn mean_and_deviation_are_retained() {
        let values: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.37).sin() * 2.0 + 1.0).collect();
        for invert in [false, true] {
            let bent = bent(Gamma { invert, ..Gamma::default() }, 1.3, &values);
            let (a, b) = (statistics(&values), statistics(&bent));
            assert!((a.mean - b.mean).abs() < 1e-5 && (a.sd - b.sd).abs() < 1e-5);
        }
    }

    #[test]
    fn a_constant_channel_stays() {
        for invert in [false, true] {
            assert_eq!(bent(Gamma { invert, ..Gamma::default() }, 0.7, &[5.0; 9]), [5.0; 9]);
        }
    }
}
