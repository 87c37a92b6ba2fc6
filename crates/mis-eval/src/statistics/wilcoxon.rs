//! Whether paired numbers differ.

use std::f64::consts::SQRT_2;

use serde::{Deserialize, Serialize};

/// The signed-rank test of Wilcoxon (1945) on the differences of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wilcoxon {
    /// Pairs that differ; the others are left out.
    pub n: usize,
    /// Sum of the ranks of positive differences, by their size.
    pub rank_sum: f64,
    /// How likely ranks so uneven are, to either side, where the differences are symmetric about zero.
    pub p: f64,
    /// Whether `p` is exact: for up to 50 differences of which no two are of one size. Otherwise it is that of the normal
    /// distribution, with the variance corrected for ties and without a correction for continuity, as SciPy's.
    pub exact: bool,
}

/// Tests whether differences are symmetric about zero; none where all of them are zero.
///
/// # Panics
/// Where a difference is NaN.
#[must_use]
pub fn wilcoxon(differences: &[f64]) -> Option<Wilcoxon> {
    assert!(differences.iter().all(|difference| !difference.is_nan()), "a difference must be a number");
    let mut differences: Vec<f64> =
        differences.iter().copied().filter(|&difference| difference != 0.0).collect();
    differences.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = differences.len();
    if n == 0 {
        return None;
    }
    let mut rank_sum = 0.0;
    let mut tied = 0.0;
    let mut first = 0;
    for equal in differences.chunk_by(|a, b| a.abs() == b.abs()) {
        let size = equal.len() as f64;
        let rank = first as f64 + (size + 1.0) / 2.0; // the mean of those that they share
        rank_sum += rank * equal.iter().filter(|difference| **difference > 0.0).count() as f64;
        tied += size.powi(3) - size;
        first += equal.len();
    }
    let exact = n <= MOST_EXACT && tied == 0.0;
    let p = if exact { exact_p(n, rank_sum as usize) } else { normal_p(n as f64, rank_sum, tied) };
    Some(Wilcoxon { n, rank_sum, p, exact })
}

/// The largest number of differences for which all their signs are counted, as in SciPy.
const MOST_EXACT: usize = 50;

/// Of all ways to give signs to the ranks 1 to n, the part with a sum at least as far from the middle.
fn exact_p(n: usize, rank_sum: usize) -> f64 {
    let largest = n * (n + 1) / 2;
    // Parts of the ways by their sum; powers of two in f64 are exact, and their sums nearly.
    let mut ways = vec![0.0; largest + 1];
    ways[0] = 1.0;
    for rank in 1..=n {
        for sum in (0..=largest).rev() {
            let with = if sum >= rank { ways[sum - rank] } else { 0.0 };
            ways[sum] = (ways[sum] + with) / 2.0;
        }
    }
    let smaller = rank_sum.min(largest - rank_sum);
    (2.0 * ways[..=smaller].iter().sum::<f64>()).min(1.0)
}

fn normal_p(n: f64, rank_sum: f64, tied: f64) -> f64 {
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - tied / 48.0;
    let z = (rank_sum - mean) / variance.sqrt();
    libm::erfc(z.abs() / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Reference {
        wilcoxon: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        differences: Vec<f64>,
        smaller_rank_sum: f64,
        p: f64,
        exact: bool,
    }

    #[test]
    fn the_test_is_scipys() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../data-fixtures/metrics/wilcoxon_reference.json");
        let reference: Reference = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(
            reference.wilcoxon.iter().any(|case| case.exact)
                && reference.wilcoxon.iter().any(|case| !case.exact)
        );
        for case in reference.wilcoxon {
            let found = wilcoxon(&case.differences).unwrap();
            let (n, expected) = (found.n as f64, case.p);
            assert_eq!(found.rank_sum.min(n * (n + 1.0) / 2.0 - found.rank_sum), case.smaller_rank_sum);
            assert_eq!(found.exact, case.exact, "{found:?}");
            assert!(
                (found.p - expected).abs() <= 1e-12 * expected.max(1e-3),
                "{found:?}, expected {expected}"
            );
        }
    }

    #[test]
    fn pairs_that_do_not_differ_are_left_out_and_alone_say_nothing() {
        assert_eq!(wilcoxon(&[0.0, 0.0]), None);
        // Of the eight ways to sign three ranks two are one-sided.
        let expected = Wilcoxon { n: 3, rank_sum: 6.0, p: 0.25, exact: true };
        assert_eq!(wilcoxon(&[0.3, 0.0, 0.1, 0.2]), Some(expected));
        assert_eq!(wilcoxon(&[f64::INFINITY, -1.0]).map(|test| test.rank_sum), Some(2.0));
    }
}
