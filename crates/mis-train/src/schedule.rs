//! The learning rate of each epoch.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::History;
use crate::early_stop::Watch;

/// How the learning rate changes. It is a function of the step and of the epochs before, so that a resumed run goes on
/// with the same rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Schedule {
    /// The optimizer's learning rate throughout.
    Constant(Constant),
    /// Falls to zero by a power of what is left.
    Poly(Poly),
    /// Rises in a warm-up, then falls by half a cosine.
    Cosine(Cosine),
    /// Rises, then falls by half a cosine, step by step.
    OneCycle(OneCycle),
    /// Falls when what is watched does not improve.
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

/// `rate · (1 − epoch/epochs)^exponent`, set once per epoch, as nnU-Net has it.
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

/// A linear rise from `floor` over the first epochs, then half a cosine down to `floor` (Loshchilov & Hutter 2017); set
/// once per epoch.
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

/// A linear rise to the optimizer's rate, then half a cosine down to nearly nothing (Smith & Topin 2019); set at each step
/// where `steps-per-epoch` says how many there are, else once per epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OneCycle {
    /// The part of training that the rise takes.
    pub warm_up: f64,
    /// Where the rate starts, as a fraction of the optimizer's.
    pub start: f64,
    /// Where it ends, as a fraction of the optimizer's.
    pub end: f64,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { warm_up: 0.1, start: 0.05, end: 1e-3 }
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
    /// What is watched.
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
    /// The learning rate at a point of training, from the optimizer's rate and the epochs before.
    ///
    /// `passed` counts epochs from 0, with the part of the epoch that is behind: 2.5 is the middle of the third.
    #[must_use]
    pub fn rate(&self, rate: f64, passed: f64, epochs: u32, history: &History) -> f64 {
        let (epoch, epochs) = (passed.floor(), f64::from(epochs));
        match self {
            Self::Constant(_) => rate,
            Self::Poly(poly) => rate * (1.0 - epoch / epochs).max(0.0).powf(poly.exponent),
            Self::Cosine(cosine) => rate * cosine.fraction(epoch, epochs),
            Self::OneCycle(cycle) => rate * cycle.fraction(passed / epochs),
            Self::Plateau(plateau) => plateau.rate(rate, &history.watched(plateau.watch)),
        }
    }

    /// Says which value cannot be.
    pub(crate) fn check(&self) -> Result<()> {
        if let Self::Plateau(plateau) = self {
            let factor = plateau.factor;
            ensure!(0.0 < factor && factor < 1.0, "plateau: factor must lie between 0 and 1, got {factor}");
        }
        if let Self::OneCycle(OneCycle { warm_up, start, end }) = *self {
            ensure!((0.0..1.0).contains(&warm_up), "one-cycle: warm-up must be in [0, 1), got {warm_up}");
            for (name, fraction) in [("start", start), ("end", end)] {
                ensure!(
                    (0.0..=1.0).contains(&fraction),
                    "one-cycle: {name} must be in [0, 1], got {fraction}"
                );
            }
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
    fn fraction(&self, epoch: f64, epochs: f64) -> f64 {
        let warm_up = f64::from(self.warm_up);
        let height = if epoch < warm_up {
            (epoch + 1.0) / (warm_up + 1.0)
        } else {
            falling((epoch - warm_up) / (epochs - warm_up).max(1.0))
        };
        self.floor + (1.0 - self.floor) * height
    }
}

impl OneCycle {
    fn fraction(&self, passed: f64) -> f64 {
        if passed < self.warm_up {
            self.start + (1.0 - self.start) * passed / self.warm_up
        } else {
            self.end + (1.0 - self.end) * falling((passed - self.warm_up) / (1.0 - self.warm_up))
        }
    }
}

/// Half a cosine from 1 down to 0.
fn falling(passed: f64) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * passed.min(1.0)).cos())
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
                (0..10).map(|epoch| schedule.rate(0.1, f64::from(epoch), 10, &History::default())).collect();
            assert!((rates[0] - 0.1).abs() < 1e-12, "{rates:?}");
            assert!(rates.windows(2).all(|pair| pair[1] < pair[0]), "{rates:?}");
        }
    }

    #[test]
    fn one_cycle_rises_to_the_rate_and_falls_within_epochs_too() {
        let cycle = Schedule::OneCycle(OneCycle { warm_up: 0.25, start: 0.1, end: 0.01 });
        let rate = |passed: f64| cycle.rate(2.0, passed, 8, &History::default());
        for (passed, expected) in [(0.0, 0.2), (1.0, 1.1), (2.0, 2.0), (5.0, 1.01), (8.0, 0.02)] {
            assert!((rate(passed) - expected).abs() < 1e-12, "{} at {passed}", rate(passed));
        }
        assert!(rate(5.25) < rate(5.0));
        let by_epochs = Schedule::Cosine(Cosine::default());
        assert_eq!(by_epochs.rate(1.0, 5.25, 8, &History::default()), {
            by_epochs.rate(1.0, 5.0, 8, &History::default())
        });
    }

    #[test]
    fn a_plateau_cuts_the_rate_after_its_patience_and_not_below_the_minimum() {
        let plateau = Plateau { patience: 2, cooldown: 0, min_rate: 1e-3, ..Plateau::default() };
        let schedule = Schedule::Plateau(plateau);
        let rate = |losses: &[f64]| schedule.rate(0.1, losses.len() as f64, 100, &history(losses));
        assert_eq!(rate(&[1.0, 0.9, 0.8]), 0.1);
        assert_eq!(rate(&[1.0, 1.0]), 0.1);
        assert!((rate(&[1.0, 1.0, 1.0]) - 0.01).abs() < 1e-12);
        assert_eq!(rate(&[1.0; 100]), 1e-3);
    }
}
