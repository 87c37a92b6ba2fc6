//! What each epoch came to.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::early_stop::Watch;

/// The figures of one epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochStats {
    /// The epoch, from 0.
    pub epoch: u32,
    /// Mean loss of its steps.
    pub train_loss: f64,
    /// Scores of the validation cases, in the epochs that have them.
    pub validation: Option<Validation>,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Number of its steps.
    pub n_steps: u32,
    /// Seconds that its steps took, loading included; what a run was stopped and resumed in is added up.
    pub seconds: f64,
}

/// Scores of the validation cases: see [`ValidationSet`](crate::ValidationSet).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Mean loss of their batches.
    pub loss: f64,
    /// Dice of each class but the background over all of them as one; none where the class is absent from both sides.
    pub dice: Vec<Option<f64>>,
}

impl Validation {
    /// Mean Dice of the classes that occur.
    #[must_use]
    pub fn mean_dice(&self) -> Option<f64> {
        let known: Vec<f64> = self.dice.iter().flatten().copied().collect();
        if known.is_empty() { None } else { Some(known.iter().sum::<f64>() / known.len() as f64) }
    }
}

/// All epochs so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    /// The epochs in their order.
    pub epochs: Vec<EpochStats>,
}

impl History {
    /// What is watched, in the order of epochs, the smaller the better: of those epochs that were validated, or of
    /// training.
    pub(crate) fn watched(&self, watch: Watch) -> Vec<f64> {
        let of = |validation: &Validation| match watch {
            Watch::Validation => Some(validation.loss),
            Watch::Dice => Some(1.0 - validation.mean_dice()?),
            Watch::Training => None,
        };
        let validated: Vec<f64> =
            self.epochs.iter().filter_map(|stats| of(stats.validation.as_ref()?)).collect();
        if validated.is_empty() {
            self.epochs.iter().map(|stats| stats.train_loss).collect()
        } else {
            validated
        }
    }

    /// Writes `history.tsv`: one row per epoch (counted from 1, as MIScnn does) with losses, Dice per class, learning
    /// rate and seconds; empty fields where an epoch was not validated.
    pub fn write_tsv(&self, path: &Path) -> Result<()> {
        let n_dice =
            self.epochs.iter().flat_map(|stats| &stats.validation).map(|v| v.dice.len()).max().unwrap_or(0);
        mis_core::write_atomically(path, |file| {
            let mut tsv = csv::WriterBuilder::new().delimiter(b'\t').from_writer(file);
            let dice = (1..=n_dice).map(|class| format!("val_dice_class-{class}"));
            let head = ["epoch", "loss", "val_loss"].map(String::from).into_iter().chain(dice);
            tsv.write_record(head.chain(["learning_rate", "seconds"].map(String::from)))?;
            for stats in &self.epochs {
                let validation = stats.validation.as_ref();
                let mut row = vec![(stats.epoch + 1).to_string(), stats.train_loss.to_string()];
                row.push(validation.map_or_else(String::new, |v| v.loss.to_string()));
                row.extend((0..n_dice).map(|class_idx| {
                    let dice = validation.and_then(|v| v.dice.get(class_idx).copied().flatten());
                    dice.map_or_else(String::new, |dice| dice.to_string())
                }));
                row.extend([stats.learning_rate.to_string(), format!("{:.2}", stats.seconds)]);
                tsv.write_record(row)?;
            }
            tsv.flush()?;
            Ok(())
        })
    }
}
