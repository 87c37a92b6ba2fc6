//! Percentiles of more values than are kept.

/// Counts of grey values in bins so narrow that percentiles can be read off: a value is taken for the one with its sign,
/// exponent and first 11 binary digits. Whole numbers below 4096, as HU are, keep their exact value; others are at most
/// 1/2048 of themselves nearer to zero. Counts add up, whoever counts first.
#[derive(Clone, Debug)]
pub(crate) struct ValueHistogram {
    counts: Vec<u64>,
    n: u64,
}

/// The bits of an `f32` behind its sign, exponent and 11 digits.
const DROPPED: u32 = 12;

impl ValueHistogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; 1 << (32 - DROPPED)], n: 0 }
    }

    /// Counts a value, which is finite.
    #[inline]
    pub(crate) fn add(&mut self, value: f32) {
        let bits = value.to_bits();
        // In the order of the values: negative ones by falling magnitude, then the others.
        let bin = if value.is_sign_negative() { !bits } else { bits | 1 << 31 } >> DROPPED;
        self.counts[bin as usize] += 1;
        self.n += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, other)| *count += other);
        self.n += other.n;
    }

    /// The percentile, 0 to 100, between two values in proportion; none where nothing was counted.
    pub(crate) fn percentile(&self, percent: f64) -> Option<f32> {
        let place = percent / 100.0 * self.n.checked_sub(1)? as f64;
        let lower = self.of_rank(place.floor() as u64);
        let upper = self.of_rank(place.ceil() as u64);
        Some((f64::from(lower) + place.fract() * (f64::from(upper) - f64::from(lower))) as f32)
    }

    fn of_rank(&self, rank: u64) -> f32 {
        let mut below = 0;
        let bin = self.counts.iter().position(|count| {
            below += count;
            below > rank
        });
        let bin = (bin.unwrap_or(self.counts.len() - 1) as u32) << DROPPED;
        let bits = if bin >> 31 == 1 { bin & !(1 << 31) } else { !(bin | ((1 << DROPPED) - 1)) };
        f32::from_bits(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percentiles::percentiles;
    use proptest::prelude::*;

    #[test]
    fn hounsfield_units_are_exact() {
        let mut histogram = ValueHistogram::new();
        let mut values: Vec<f32> = (-1024..3072).map(|hu| hu as f32).collect();
        values.iter().for_each(|&value| histogram.add(value));
        for percent in [0.0, 0.5, 13.0, 50.0, 99.5, 100.0] {
            let expected = percentiles(&mut values, &[percent])[0];
            assert_eq!(histogram.percentile(percent), Some(expected), "{percent}");
        }
        assert_eq!(ValueHistogram::new().percentile(50.0), None);
    }

    proptest! {
        #[test]
        fn percentiles_are_within_a_2048th(mut values in proptest::collection::vec(-1e6..1e6_f32, 1..200)) {
            let (mut one, mut other) = (ValueHistogram::new(), ValueHistogram::new());
            for (n, &value) in values.iter().enumerate() {
                if n % 3 == 0 { one.add(value) } else { other.add(value) }
            }
            one.merge(&other);
            for percent in [0.0, 0.5, 50.0, 99.5, 100.0] {
                let (found, expected) = (one.percentile(percent).unwrap(), percentiles(&mut values, &[percent])[0]);
                let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                // Between two values of either sign the bound is that of the larger.
                prop_assert!((found - expected).abs() <= largest / 2047.0, "expected {expected}, found {found}");
            }
        }
    }
}
