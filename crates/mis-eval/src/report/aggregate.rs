//! Many scores in a few numbers.

use serde::{Deserialize, Serialize};

use crate::report::number;

/// Scores of several cases in a few numbers; undefined scores are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Number of defined scores, at least 1.
    pub n_defined: usize,
    /// Their mean; infinite where a score is.
    #[serde(with = "number")]
    pub mean: f64,
    /// Their standard deviation as a sample (divided by n − 1); 0 for a single one, infinite where a score
    /// is.
    #[serde(with = "number")]
    pub sd: f64,
    /// The smallest.
    #[serde(with = "number")]
    pub min: f64,
    /// The lower quartile, with linear interpolation as in NumPy.
    #[serde(with = "number")]
    pub q1: f64,
    /// The middle one.
    #[serde(with = "number")]
    pub median: f64,
    /// The upper quartile.
    #[serde(with = "number")]
    pub q3: f64,
    /// The largest.
    #[serde(with = "number")]
    pub max: f64,
}

impl Aggregate {
    /// The numbers of these scores; none where none is defined.
    #[must_use]
    pub fn of(scores: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        let mut scores: Vec<f64> = scores.into_iter().flatten().collect();
        let (n_defined, n) = (scores.len(), scores.len() as f64);
        scores.sort_by(f64::total_cmp);
        let (&min, &max) = (scores.first()?, scores.last()?);
        let mean = scores.iter().sum::<f64>() / n;
        let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
        let sd = match n_defined {
            _ if !mean.is_finite() => f64::INFINITY,
            1 => 0.0,
            _ => (squares / (n - 1.0)).sqrt(),
        };
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile(&scores, share));
        Some(Self { n_defined, mean, sd, min, q1, median, q3, max })
    }
}

/// The value below which this share of sorted values lies, between two values by linear interpolation, as NumPy's
/// default has it.
///
/// # Panics
/// Without a value.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    if sorted[below] == sorted[above] || place == below as f64 {
        return sorted[below]; // the difference of two infinities is no number
    }
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_scores_are_left_out_and_order_does_not_matter() {
        let scores = [Some(4.0), None, Some(1.0), Some(2.0), Some(3.0)];
        let expected = Aggregate {
            n_defined: 4,
            mean: 2.5,
            sd: (5.0_f64 / 3.0).sqrt(),
            min: 1.0,
            q1: 1.75,
            median: 2.5,
            q3: 3.25,
            max: 4.0,
        };
        assert_eq!(Aggregate::of(scores), Some(expected));
        assert_eq!(Aggregate::of(scores.into_iter().rev()), Some(expected));
        assert_eq!(Aggregate::of([None, None]), None);
        let missed = Aggregate::of([Some(1.0), Some(f64::INFINITY), Some(2.0)]).unwrap();
        assert_eq!((missed.mean, missed.sd, missed.median), (f64::INFINITY, f64::INFINITY, 2.0));
        assert_eq!(Aggregate::of([Some(7.0)]).map(|one| (one.sd, one.q1)), Some((0.0, 7.0)));
    }
}
