//! A random factor.

use anyhow::{Result, ensure};
use mis_core::SampleRng;
use rand::Rng as _;
use serde::{Deserialize, Serialize};

/// How a factor or exponent is drawn; its two numbers are the lowest and the highest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// All values alike.
    Uniform([f32; 2]),
    /// Below 1 in half of the draws, above 1 in the others, uniform within either (batchgenerators' `BGContrast`).
    AroundOne([f32; 2]),
}

impl Factor {
    /// One draw.
    ///
    /// # Panics
    /// Where [`check`](Self::check) finds fault with the range.
    #[must_use]
    pub fn draw(self, rng: &mut SampleRng) -> f32 {
        match self {
            Self::Uniform(range) => uniform(range, rng),
            Self::AroundOne([lowest, highest]) => {
                if lowest < 1.0 && rng.random_bool(0.5) {
                    uniform([lowest, 1.0], rng)
                } else {
                    uniform([1.0, highest], rng)
                }
            }
        }
    }

    /// Says what is wrong with the range, under the name it has where it is used.
    pub fn check(self, name: &str) -> Result<()> {
        match self {
            Self::Uniform(range) => check_range(name, range)?,
            Self::AroundOne(range) => {
                check_range(name, range)?;
                ensure!(range[0] <= 1.0 && 1.0 <= range[1], "{name} must reach around 1, got {range:?}");
            }
        }
        let (Self::Uniform([lowest, _]) | Self::AroundOne([lowest, _])) = self;
        ensure!(lowest > 0.0, "{name} must be positive, got {lowest}");
        Ok(())
    }
}

/// A value from the range, both ends in it.
pub(crate) fn uniform([lowest, highest]: [f32; 2], rng: &mut SampleRng) -> f32 {
    rng.random_range(lowest..=highest)
}

pub(crate) fn check_range(name: &str, [lowest, highest]: [f32; 2]) -> Result<()> {
    ensure!(
        0.0 <= lowest && lowest <= highest && highest.is_finite(),
        "{name} must go from a lower to a higher number, neither below 0, got [{lowest}, {highest}]"
    );
    Ok(())
}

pub(crate) fn check_probability(name: &str, p: f32) -> Result<()> {
    ensure!((0.0..=1.0).contains(&p), "{name} must lie between 0 and 1, got {p}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::sample_rng;

    #[test]
    fn half_of_the_draws_around_one_lie_below_it_however_lopsided_the_range() {
        let mut rng = sample_rng(1, 0, 0);
        let draws: Vec<_> = (0..10_000).map(|_| Factor::AroundOne([0.3, 3.0]).draw(&mut rng)).collect();
        assert!(draws.iter().all(|f| (0.3..=3.0).contains(f)));
        // Binomial(10 000, ½): 250 is five standard deviations.
        let below = draws.iter().filter(|&&f| f < 1.0).count();
        assert!(below.abs_diff(5000) < 250, "{below} of 10000");
        let below_half = draws.iter().filter(|&&f| f < 0.65).count();
        assert!(below_half.abs_diff(2500) < 220, "{below_half} of 10000");
    }

    #[test]
    fn a_range_that_cannot_be_drawn_from_is_refused() {
        let error = |factor: Factor| factor.check("scale").unwrap_err().to_string();
        assert_eq!(error(Factor::AroundOne([1.1, 2.0])), "scale must reach around 1, got [1.1, 2.0]");
        assert_eq!(error(Factor::Uniform([0.0, 2.0])), "scale must be positive, got 0");
        assert!(error(Factor::Uniform([2.0, 1.0])).contains("got [2, 1]"));
    }
}
