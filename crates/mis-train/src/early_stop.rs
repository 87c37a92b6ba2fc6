//! Stopping when nothing improves.

use serde::{Deserialize, Serialize};

use crate::History;

/// Ends training when what is watched has not improved for `patience` epochs: by default the validation loss, and where
/// nothing is validated the training loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EarlyStop {
    /// Epochs without improvement after which training ends; of a validation, those that were validated.
    pub patience: u32,
    /// What counts as an improvement must be larger than this.
    #[serde(default)]
    pub min_delta: f64,
    /// What is watched; MIScnn's KiTS19 pipeline watches the training loss.
    #[serde(default)]
    pub watch: Watch,
}

/// What is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// The validation loss; the training loss where nothing is validated.
    #[default]
    Validation,
    /// The validation's mean Dice over the classes that occur; the training loss where nothing is validated.
    Dice,
    /// The training loss.
    Training,
}

impl EarlyStop {
    /// Whether training ends after this history.
    pub(crate) fn ends(&self, history: &History) -> bool {
        let losses = history.watched(self.watch);
        let mut best = f64::INFINITY;
        let mut waited = 0;
        for loss in losses {
            if loss < best - self.min_delta {
                (best, waited) = (loss, 0);
            } else {
                waited += 1;
            }
        }
        waited >= self.patience
    }
}
