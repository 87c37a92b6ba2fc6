//! Mean, deviation and range of grey values.

use rayon::prelude::*;

/// Mean, deviation and range of a channel's grey values; see [`statistics`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// The mean.
    pub mean: f64,
    /// The population's standard deviation: the sum of squares is divided by n.
    pub sd: f64,
    /// The smallest value.
    pub min: f32,
    /// The largest value.
    pub max: f32,
}

/// Mean, deviation and range of grey values, in one pass; the same to the bit for any number of threads.
///
/// Values that are no numbers do not count towards the range, and make mean and deviation no numbers either.
///
/// # Panics
/// Where there is no value.
#[must_use]
pub fn statistics(values: &[f32]) -> Statistics {
    // Sums are formed by chunks of this fixed length and added up in their order.
    const CHUNK: usize = 1 << 16;
    // Distances from one of the values: squares of large, nearly equal values would cancel each other out.
    let pivot = values[0];
    let sums: Vec<_> = values.par_chunks(CHUNK).map(|values| Sums::of(values, pivot)).collect();
    let all = sums.into_iter().fold(Sums::NONE, Sums::and);
    let n = values.len() as f64;
    let mean = all.sum / n;
    Statistics {
        mean: f64::from(pivot) + mean,
        sd: (all.squares / n - mean * mean).max(0.0).sqrt(),
        min: all.min,
        max: all.max,
    }
}

#[derive(Clone, Copy)]
struct Sums {
    sum: f64,
    squares: f64,
    min: f32,
    max: f32,
}

impl Sums {
    const NONE: Self = Self { sum: 0.0, squares: 0.0, min: f32::INFINITY, max: f32::NEG_INFINITY };

    /// Eight independent lanes make vector code.
    fn of(values: &[f32], pivot: f32) -> Self {
        let (mut sum, mut squares) = ([0.0_f64; 8], [0.0_f64; 8]);
        let (mut min, mut max) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
        let mut add = |lane: usize, value: f32| {
            let distance = f64::from(value - pivot);
            sum[lane] += distance;
            squares[lane] += distance * distance;
            min[lane] = if value < min[lane] { value } else { min[lane] };
            max[lane] = if value > max[lane] { value } else { max[lane] };
        };
        let (eights, rest) = values.as_chunks::<8>();
        for eight in eights {
            for lane in 0..8 {
                add(lane, eight[lane]);
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            add(lane, value);
        }
        Self {
            sum: sum.iter().sum(),
            squares: squares.iter().sum(),
            min: min.into_iter().fold(f32::INFINITY, f32::min),
            max: max.into_iter().fold(f32::NEG_INFINITY, f32::max),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_several_chunks_are_counted_once() {
        let values: Vec<f32> = (0..200_003).map(|n| (n % 11) as f32 - 3.0).collect();
        let found = statistics(&values);
        assert_eq!([found.min, found.max], [-3.0, 7.0]);
        assert!((found.mean - 2.0).abs() < 1e-4); // the last cycle is not a whole one
        assert!((found.sd - 10.0_f64.sqrt()).abs() < 1e-4);
    }

    #[test]
    fn large_values_do_not_cancel_out() {
        let found = statistics(&[1e6, 1e6, 1e6 + 1.0, 1e6 + 1.0]);
        assert_eq!([found.mean, found.sd], [1e6 + 0.5, 0.5]);
    }

    #[test]
    fn a_value_that_is_no_number_shows() {
        let found = statistics(&[1.0, f32::NAN, 3.0]);
        assert!(found.mean.is_nan());
        assert_eq!([found.min, found.max], [1.0, 3.0]);
    }
}
