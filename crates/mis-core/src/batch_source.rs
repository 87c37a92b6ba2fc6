//! Where training batches come from.

use std::fmt::Debug;

use anyhow::Result;

use crate::Batch;

/// The batches of each epoch, the same whenever and by however many workers they are made.
pub trait BatchSource: Debug + Send + Sync {
    /// The batches of one epoch in their order. Dropping the iterator early ends the work behind it.
    fn epoch(&self, epoch: u32) -> Box<dyn Iterator<Item = Result<Batch>> + Send + '_>;
}
