//! Percentiles of grey values.

/// The exact percentiles, 0 to 100, of at least one finite value, between two of them in proportion (NumPy's default).
/// The values' order is lost.
pub(crate) fn percentiles(values: &mut [f32], percents: &[f64]) -> Vec<f32> {
    let last = values.len() - 1;
    percents
        .iter()
        .map(|percent| {
            let place = percent / 100.0 * last as f64;
            let (below, share) = (place.floor() as usize, place.fract());
            let (_, &mut lower, above) = values.select_nth_unstable_by(below.min(last), f32::total_cmp);
            let upper = above.iter().copied().min_by(f32::total_cmp).unwrap_or(lower);
            (f64::from(lower) + share * (f64::from(upper) - f64::from(lower))) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_numpy() {
        let mut values: Vec<f32> = (0..10).rev().map(|n| (n * n) as f32).collect();
        // numpy.percentile([0, 1, 4 … 81], [0, 0.5, 50, 99.5, 100])
        let expected = [0.0, 0.045, 20.5, 80.235, 81.0];
        for (found, expected) in percentiles(&mut values, &[0.0, 0.5, 50.0, 99.5, 100.0]).iter().zip(expected)
        {
            assert!((found - expected).abs() < 1e-5, "expected {expected}, found {found}"); // f32 rounding
        }
        assert_eq!(percentiles(&mut [3.0], &[0.0, 37.0, 100.0]), [3.0; 3]);
    }
}
