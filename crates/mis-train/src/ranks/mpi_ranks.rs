//! Ranks that talk through the system's MPI.

use std::fmt;

use anyhow::{Context as _, Result, ensure};
use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::datatype::Equivalence;
use mpi::environment::Universe;
use mpi::topology::{Communicator as _, SimpleCommunicator};
use mpi::traits::CommunicatorCollectives as _;

use super::Ranks;

/// The processes that `mpirun -n K` started. One thread speaks for the process: the one that made this.
pub struct MpiRanks {
    world: SimpleCommunicator,
    local_rank: usize,
    n_local: usize,
    _universe: Universe, // ends MPI when it is dropped
}

/// Values sent at once: MPI counts them in 32 bits.
const PORTION: usize = 1 << 24;

impl MpiRanks {
    /// Joins the processes that `mpirun` started with this one. Once in a process.
    pub fn join() -> Result<Self> {
        let (universe, threading) = mpi::initialize_with_threading(Threading::Funneled)
            .context("MPI can be started once in a process")?;
        ensure!(threading >= Threading::Funneled, "this MPI cannot be used by a process of several threads");
        let world = universe.world();
        let local = world.split_shared(world.rank());
        let (local_rank, n_local) = (local.rank() as usize, local.size() as usize);
        Ok(Self { world, local_rank, n_local, _universe: universe })
    }

    fn sum<T: Equivalence + Copy>(&self, values: &mut [T]) {
        for portion in values.chunks_mut(PORTION) {
            let own = portion.to_vec();
            self.world.all_reduce_into(&own[..], portion, SystemOperation::sum());
        }
    }
}

impl fmt::Debug for MpiRanks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}", self.rank(), self.n())
    }
}

impl Ranks for MpiRanks {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn n(&self) -> usize {
        self.world.size() as usize
    }

    fn local_rank(&self) -> usize {
        self.local_rank
    }

    fn n_local(&self) -> usize {
        self.n_local
    }

    fn sum_f32(&self, values: &mut [f32]) {
        self.sum(values);
    }

    fn sum_f64(&self, values: &mut [f64]) {
        self.sum(values);
    }

    fn wait(&self) {
        self.world.barrier();
    }

    fn abort(&self) -> ! {
        self.world.abort(1)
    }
}
