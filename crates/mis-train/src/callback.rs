//! The user's own word after each epoch.

use std::fmt::Debug;
use std::ops::ControlFlow;

use anyhow::Result;

use crate::EpochStats;

/// Is told of each epoch, and may end the training.
///
/// It is called after the epoch's checkpoint is on disk; an error ends the run.
pub trait Callback: Debug + Send + Sync {
    /// Looks at an epoch's figures; `ControlFlow::Break(())` ends the training.
    fn on_epoch_end(&mut self, stats: &EpochStats) -> Result<ControlFlow<()>>;
}
