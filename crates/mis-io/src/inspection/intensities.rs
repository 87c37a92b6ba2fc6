//! Grey values in a few numbers.

use serde::Serialize;

/// The percentiles that are given, in percent.
pub const PERCENTILES: [f64; 5] = [0.5, 5.0, 50.0, 95.0, 99.5];

/// Values that are kept of a case for percentiles over all cases.
const MOST_KEPT: u64 = 10_000;

/// Grey values in a few numbers. Values that are no numbers are counted and otherwise left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Intensities {
    /// Finite values.
    pub n: u64,
    /// Values that are no numbers.
    pub n_nan: u64,
    /// Infinite values.
    pub n_infinite: u64,
    /// The smallest value.
    pub min: f32,
    /// The largest value.
    pub max: f32,
    /// The mean.
    pub mean: f64,
    /// The population's standard deviation.
    pub sd: f64,
    /// The values below which [`PERCENTILES`] of them lie, from 10 000 values at even distances.
    pub percentiles: [f32; 5],
    /// Sorted.
    #[serde(skip)]
    kept: Vec<f32>,
}

impl Intensities {
    /// Of a series of values, which is run through twice; none where no value is finite.
    pub(super) fn of(values: impl Iterator<Item = f32> + Clone) -> Option<Self> {
        let finite = values.clone().filter(|value| value.is_finite());
        let pivot = f64::from(finite.clone().next()?);
        let (mut n, mut n_nan, mut n_infinite) = (0_u64, 0_u64, 0_u64);
        let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
        let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in values {
            if value.is_finite() {
                n += 1;
                let distance = f64::from(value) - pivot;
                sum += distance;
                squares += distance * distance;
                min = min.min(value);
                max = max.max(value);
            } else if value.is_nan() {
                n_nan += 1;
            } else {
                n_infinite += 1;
            }
        }
        let mean = sum / n as f64;
        let sd = (squares / n as f64 - mean * mean).max(0.0).sqrt();
        let step = usize::try_from(n.div_ceil(MOST_KEPT)).unwrap_or(usize::MAX);
        let mut kept: Vec<f32> = finite.step_by(step).collect();
        kept.sort_by(f32::total_cmp);
        let percentiles = PERCENTILES.map(|percent| at_percent(&kept, percent));
        Some(Self { n, n_nan, n_infinite, min, max, mean: mean + pivot, sd, percentiles, kept })
    }

    /// Of several together: moments are exact, percentiles weigh each case's kept values alike within the case.
    pub(super) fn pooled(all: &[&Self]) -> Option<Self> {
        let n: u64 = all.iter().map(|one| one.n).sum();
        if n == 0 {
            return None;
        }
        let total = n as f64;
        let mean = all.iter().map(|one| one.mean * one.n as f64).sum::<f64>() / total;
        let square = |one: &&Self| (one.sd.powi(2) + (one.mean - mean).powi(2)) * one.n as f64;
        let sd = (all.iter().map(square).sum::<f64>() / total).sqrt();
        let mut kept: Vec<f32> = all.iter().flat_map(|one| one.kept.iter().copied()).collect();
        kept.sort_by(f32::total_cmp);
        Some(Self {
            n,
            n_nan: all.iter().map(|one| one.n_nan).sum(),
            n_infinite: all.iter().map(|one| one.n_infinite).sum(),
            min: all.iter().map(|one| one.min).fold(f32::INFINITY, f32::min),
            max: all.iter().map(|one| one.max).fold(f32::NEG_INFINITY, f32::max),
            mean,
            sd,
            percentiles: PERCENTILES.map(|percent| at_percent(&kept, percent)),
            kept: Vec::new(),
        })
    }
}

/// By linear interpolation between the two nearest ranks.
fn at_percent(sorted: &[f32], percent: f64) -> f32 {
    let at = percent / 100.0 * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    (f64::from(low) + at.fract() * (f64::from(high) - f64::from(low))) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_numbers_are_counted_and_left_out() {
        let values = [f32::NAN, 1.0, 2.0, f32::INFINITY, 3.0, 4.0, 5.0];
        let found = Intensities::of(values.into_iter()).unwrap();
        assert_eq!((found.n, found.n_nan, found.n_infinite), (5, 1, 1));
        assert_eq!((found.min, found.max, found.mean), (1.0, 5.0, 3.0));
        assert_eq!(found.percentiles[2], 3.0);
        assert!((found.sd - 2.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(Intensities::of([f32::NAN].into_iter()), None);
    }

    #[test]
    fn pooled_moments_are_those_of_all_values() {
        let (a, b): (Vec<f32>, Vec<f32>) = ((0..70).map(|n| n as f32).collect(), vec![1000.0; 30]);
        let whole = Intensities::of(a.iter().chain(&b).copied()).unwrap();
        let parts = [a, b].map(|values| Intensities::of(values.into_iter()).unwrap());
        let pooled = Intensities::pooled(&parts.each_ref()).unwrap();
        assert!((pooled.mean - whole.mean).abs() < 1e-9 && (pooled.sd - whole.sd).abs() < 1e-9);
        assert_eq!(pooled.percentiles, whole.percentiles);
    }
}
