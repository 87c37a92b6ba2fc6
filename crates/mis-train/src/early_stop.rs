//! Stopping when nothing improves.

use serde::{Deserialize, Serialize};

use crate::History;

/// Ends training when the loss has not improved for `patience` epochs. The validation loss is watched where there is
/// one, else the training loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EarlyStop {
    /// Epochs without improvement after which training ends.
    pub patience: u32,
    /// What counts as an improvement must be larger than this.
    #[serde(default)]
    pub min_delta: f64,
    /// Whether the training loss is watched even where there is a validation loss, as MIScnn's KiTS19 pipeline does.
    #[serde(default)]
    pub watch: Watch,
}

/// The loss that is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// The validation loss; the training loss where nothing is validated.
    #[default]
    Validation,
    /// The training loss.
    Training,
}

impl EarlyStop {
    /// Whether training ends after this history.
    pub(crate) fn ends(&self, history: &History) -> bool {
        let losses = history.losses(self.watch);
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
