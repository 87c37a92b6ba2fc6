//! The user's own word after each epoch.

use std::fmt::Debug;
use std::ops::ControlFlow;

use anyhow::{Result, bail};

use crate::EpochStats;

/// Is told of each epoch, and may end the training.
///
/// It is called before the epoch's checkpoint is written, so that what it remembers is part of it: a resumed run tells it
/// of each epoch once. An error ends the run, which then goes on from the epoch before.
pub trait Callback: Debug + Send + Sync {
    /// Looks at an epoch's figures; `ControlFlow::Break(())` ends the training, for a resumed run as well.
    fn on_epoch_end(&mut self, stats: &EpochStats) -> Result<ControlFlow<()>>;

    /// What it must remember over a stop, as text; nothing by default.
    fn state(&self) -> Option<String> {
        None
    }

    /// Takes up what [`state`](Self::state) gave; to be written where that gives something.
    fn restore(&mut self, state: &str) -> Result<()> {
        bail!("expected a callback that takes up its state {state:?}, found one without restore: {self:?}")
    }
}
