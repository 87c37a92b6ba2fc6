//! The learning rate of each epoch.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::History;
use crate::early_stop::Watch;

/// How the learning rate changes. It is set once per epoch and is a function of the epoch and of the losses so far,
/// so that a resumed run goes on with the same rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Schedule {
    /// The optimizer's learning rate throughout.
    Constant(Constant),
    /// Falls to zero by a power of what is left.
    Poly(Poly),
    /// Rises in a warm-up, then falls by half a cosine.
    Cosine(Cosine),
    /// Falls when the loss does not.
    Plateau(Plateau),
}
mis_core::named_choice!(Schedule);

impl Default for Schedule {
    fn default() -> Self {
        Self::Constant(Constant {})
    }
}

/// The optimizer's learning rate throughout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {}

/// `rate · (1 − epoch/epochs)^exponent`, as nnU-Net has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Poly {
    /// The power of what is left.
    pub exponent: f64,
}

impl Default for Poly {
    fn default() -> Self {
        Self { exponent: 0.9 }
    }
}

/// A linear rise from `floor` over the first epochs, then half a cosine down to `floor` (Loshchilov & Hutter 2017).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cosine {
    /// Epochs of the rise.
    pub warm_up: u32,
    /// Where the rate starts and ends, as a fraction of the optimizer's.
    pub floor: f64,
}

impl Default for Cosine {
    fn default() -> Self {
        Self { warm_up: 0, floor: 0.01 }
    }
}

/// Multiplies the rate by `factor` when the loss has not improved for `patience` epochs, as Keras's
/// ReduceLROnPlateau does; the default is MIScnn's KiTS19 pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plateau {
    /// What the rate is multiplied by.
    pub factor: f64,
    /// Epochs without improvement before that.
    pub patience: u32,
    /// What counts as an improvement must be larger than this.
    pub min_delta: f64,
    /// Epochs after a cut in which none are counted.
    pub cooldown: u32,
    /// The rate never falls below this.
    pub min_rate: f64,
    /// The loss that is watched.
    pub watch: Watch,
}

impl Default for Plateau {
    fn default() -> Self {
        Self {
            factor: 0.1,
            patience: 20,
            min_delta: 1e-4,
            cooldown: 1,
            min_rate: 1e-5,
            watch: Watch::Training,
        }
    }
}

impl Schedule {
    /// The learning rate of epoch `epoch` (from 0) of `epochs`, from the optimizer's rate and the epochs before.
    #[must_use]
    pub fn rate(&self, rate: f64, epoch: u32, epochs: u32, history: &History) -> f64 {
        match self {
            Self::Constant(_) => rate,
            Self::Poly(poly) => {
                rate * (1.0 - f64::from(epoch) / f64::from(epochs)).max(0.0).powf(poly.exponent)
            }
            Self::Cosine(cosine) => rate * cosine.fraction(epoch, epochs),
            Self::Plateau(plateau) => plateau.rate(rate, &history.losses(plateau.watch)),
        }
    }

    /// Says which value cannot be.
    pub(crate) fn check(&self) -> Result<()> {
        if let Self::Plateau(plateau) = self {
            let factor = plateau.factor;
            ensure!(0.0 < factor && factor < 1.0, "plateau: factor must lie between 0 and 1, got {factor}");
        }
        if let Self::Cosine(cosine) = self {
            ensure!(
                (0.0..=1.0).contains(&cosine.floor),
                "cosine: floor must be in [0, 1], got {}",
                cosine.floor
            );
        }
        Ok(())
    }
}

impl Cosine {
    fn fraction(&self, epoch: u32, epochs: u32) -> f64 {
        let (epoch, warm_up) = (f64::from(epoch), f64::from(self.warm_up));
        let height = if epoch < warm_up {
            (epoch + 1.0) / (warm_up + 1.0)
        } else {
            let passed = (epoch - warm_up) / (f64::from(epochs) - warm_up).max(1.0);
            0.5 * (1.0 + (std::f64::consts::PI * passed.min(1.0)).cos())
        };
        self.floor + (1.0 - self.floor) * height
    }
}

impl Plateau {
    fn rate(&self, mut rate: f64, losses: &[f64]) -> f64 {
        let (mut best, mut waited, mut cooldown) = (f64::INFINITY, 0, 0);
        for &loss in losses {
            if cooldown > 0 {
                cooldown -= 1;
                waited = 0;
            }
            if loss < best - self.min_delta {
                (best, waited) = (loss, 0);
            } else if cooldown == 0 {
                waited += 1;
                if waited >= self.patience && rate > self.min_rate {
                    rate = (rate * self.factor).max(self.min_rate);
                    (cooldown, waited) = (self.cooldown, 0);
                }
            }
        }
        rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EpochStats;

    fn history(losses: &[f64]) -> History {
        let stats = |(epoch, &train_loss)| EpochStats { epoch, train_loss, ..EpochStats::default() };
        History { epochs: (0..).zip(losses).map(stats).collect() }
    }

    #[test]
    fn poly_and_cosine_start_at_the_rate_and_fall() {
        for schedule in [Schedule::Poly(Poly::default()), Schedule::Cosine(Cosine::default())] {
            let rates: Vec<_> =
                (0..10).map(|epoch| schedule.rate(0.1, epoch, 10, &History::default())).collect();
            assert!((rates[0] - 0.1).abs() < 1e-12, "{rates:?}");
            assert!(rates.windows(2).all(|pair| pair[1] < pair[0]), "{rates:?}");
        }
    }

    #[test]
    fn a_plateau_cuts_the_rate_after_its_patience_and_not_below_the_minimum() {
        let plateau = Plateau { patience: 2, cooldown: 0, min_rate: 1e-3, ..Plateau::default() };
        let schedule = Schedule::Plateau(plateau);
        let rate = |losses: &[f64]| schedule.rate(0.1, losses.len() as u32, 100, &history(losses));
        assert_eq!(rate(&[1.0, 0.9, 0.8]), 0.1);
        assert_eq!(rate(&[1.0, 1.0]), 0.1);
        assert!((rate(&[1.0, 1.0, 1.0]) - 0.01).abs() < 1e-12);
        assert_eq!(rate(&[1.0; 100]), 1e-3);
    }
}
