//! What one of several processes makes of each batch.

use std::ops::Range;

/// The part of each batch that one of several processes makes: all of them together make the batches of one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which of the processes, from 0.
    pub rank: usize,
    /// How many there are.
    pub of: usize,
}

impl Default for Share {
    /// One process alone.
    fn default() -> Self {
        Self { rank: 0, of: 1 }
    }
}

impl Share {
    /// Its places in a batch of this many visits: shares differ by one at most.
    pub(crate) fn places(self, batch_size: usize) -> Range<usize> {
        let start = |rank: usize| rank * batch_size / self.of;
        start(self.rank)..start(self.rank + 1)
    }
}
