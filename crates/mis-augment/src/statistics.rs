//! Mean, deviation and range of a channel.

use rayon::prelude::*;

#[derive(Clone, Copy)]
pub(crate) struct Statistics {
    pub(crate) mean: f64,
    /// The population's standard deviation.
    pub(crate) sd: f64,
    pub(crate) min: f32,
    pub(crate) max: f32,
}

/// Values that one task works on: sums are formed by chunks of this length and added up in their order, so they do not
/// depend on the number of threads.
pub(crate) const CHUNK: usize = 1 << 16;

pub(crate) fn statistics(values: &[f32]) -> Statistics {
    // Distances from one of the values: squares of large, nearly equal values would cancel each other out.
    let pivot = values[0];
    let sums: Vec<_> = values.par_chunks(CHUNK).map(|values| Sums::of(values, f64::from(pivot))).collect();
    let all = sums.into_iter().fold(Sums::none(), Sums::and);
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
    fn none() -> Self {
        Self { sum: 0.0, squares: 0.0, min: f32::INFINITY, max: f32::NEG_INFINITY }
    }

    /// Eight independent lanes keep the processor busy.
    fn of(values: &[f32], pivot: f64) -> Self {
        let mut lanes = [Self::none(); 8];
        for values in values.chunks(8) {
            for (lane, &value) in lanes.iter_mut().zip(values) {
                let distance = f64::from(value) - pivot;
                lane.sum += distance;
                lane.squares += distance * distance;
                lane.min = lane.min.min(value);
                lane.max = lane.max.max(value);
            }
        }
        lanes.into_iter().fold(Self::none(), Self::and)
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
