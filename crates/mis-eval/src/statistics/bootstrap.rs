//! How far a mean might be off.

use mis_core::sample_rng;
use rand::Rng as _;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::report::quantile;

/// An interval that holds a number with some confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The 95 % confidence interval of the mean of `values`, by the percentile bootstrap (Efron 1979): the 2.5th and the
/// 97.5th percentile of the means of 2000 samples of as many values, each drawn from all of them with replacement. None
/// for fewer than two values, which say nothing about their spread.
///
/// Each sample is a function of the seed and its number: the interval is the same on any machine.
#[must_use]
pub fn bootstrap_mean(values: &[f64], seed: u64) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let mean = |sample: u64| {
        let mut rng = sample_rng(seed, BOOTSTRAP, sample);
        let sum: f64 = (0..values.len()).map(|_| values[rng.random_range(0..values.len())]).sum();
        sum / values.len() as f64
    };
    let mut means: Vec<f64> = (0..N_SAMPLES).into_par_iter().map(mean).collect();
    means.sort_unstable_by(f64::total_cmp);
    Some(Interval { low: quantile(&means, 0.025), high: quantile(&means, 0.975) })
}

const N_SAMPLES: u64 = 2000;

/// In the place of an epoch: training draws from epochs 0, 1, 2 …, splits from the last.
const BOOTSTRAP: u32 = u32::MAX - 1;

#[cfg(test)]
mod tests {
    use super::*;
    use rand_distr::{Distribution as _, Normal};

    #[test]
    fn the_interval_holds_the_true_mean_about_as_often_as_it_says() {
        let normal = Normal::new(0.8, 0.1).unwrap();
        let n_held = (0..400)
            .filter(|&experiment| {
                let mut rng = sample_rng(experiment, 0, 0);
                let values: Vec<f64> = (0..40).map(|_| normal.sample(&mut rng)).collect();
                let interval = bootstrap_mean(&values, 1).unwrap();
                interval.low < 0.8 && 0.8 < interval.high
            })
            .count();
        // 95 % of 400 are 380; for 40 values the percentile bootstrap holds a little less, and 3 sd are 13.
        assert!((360..=393).contains(&n_held), "{n_held}");
    }

    #[test]
    fn an_interval_repeats_and_one_value_has_none() {
        let values: Vec<f64> = (0..30).map(|place| f64::from(place).sqrt()).collect();
        assert_eq!(bootstrap_mean(&values, 3), bootstrap_mean(&values, 3));
        assert_ne!(bootstrap_mean(&values, 3), bootstrap_mean(&values, 4));
        assert_eq!(bootstrap_mean(&[0.5], 3), None);
        assert_eq!(bootstrap_mean(&[0.5; 9], 3), Some(Interval { low: 0.5, high: 0.5 }));
        let missed = bootstrap_mean(&[0.5, f64::INFINITY], 3).unwrap();
        assert_eq!(missed.high, f64::INFINITY);
    }
}
