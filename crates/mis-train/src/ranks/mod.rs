//! Several processes that train one model together.

#[cfg(feature = "mpi")]
mod mpi_ranks;
mod summed;

#[cfg(feature = "mpi")]
pub use mpi_ranks::MpiRanks;
pub(crate) use summed::{mean_statistics, sum_gradients};

use std::fmt::Debug;

use mis_patch::Share;

/// The processes that do one piece of work together, as each of them sees it. Whoever calls one of the methods that
/// gather or wait is held until all ranks have called it.
pub trait Ranks: Debug {
    /// Which of them this is, from 0. Rank 0 writes what all have come to.
    fn rank(&self) -> usize;

    /// How many there are.
    fn n(&self) -> usize;

    /// Which of those on this machine this is, from 0: the number of its GPU.
    fn local_rank(&self) -> usize;

    /// How many of them are on this machine.
    fn n_local(&self) -> usize;

    /// Replaces values by their sums over all ranks.
    fn sum_f32(&self, values: &mut [f32]);

    /// Replaces values by their sums over all ranks.
    fn sum_f64(&self, values: &mut [f64]);

    /// Waits for all ranks.
    fn wait(&self);

    /// Ends all ranks at once, where one of them cannot go on.
    fn abort(&self) -> !;

    /// Whether this rank writes.
    fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// This rank's part of each batch.
    fn share(&self) -> Share {
        Share { rank: self.rank(), of: self.n() }
    }

    /// Whether it falls to this rank to do the piece of work of this number.
    fn does(&self, number: usize) -> bool {
        number % self.n() == self.rank()
    }

    /// Whether any rank says so.
    fn any(&self, is_so: bool) -> bool {
        let mut votes = [f64::from(u8::from(is_so))];
        self.sum_f64(&mut votes);
        votes[0] > 0.0
    }
}

/// One process alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn n(&self) -> usize {
        1
    }

    fn local_rank(&self) -> usize {
        0
    }

    fn n_local(&self) -> usize {
        1
    }

    fn sum_f32(&self, _values: &mut [f32]) {}

    fn sum_f64(&self, _values: &mut [f64]) {}

    fn wait(&self) {}

    fn abort(&self) -> ! {
        std::process::exit(1)
    }
}
