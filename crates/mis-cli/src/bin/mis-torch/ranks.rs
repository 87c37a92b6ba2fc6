//! The processes that `mpirun` started with this one.

use std::rc::Rc;

use anyhow::Result;
use mis_pipeline::Ranks;

/// What MPI's launchers tell a process: of how many it is.
const SIZES: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE"];

/// Joins them; alone where no launcher started this process.
pub(crate) fn join() -> Result<Rc<dyn Ranks>> {
    let size = SIZES.iter().find_map(|name| std::env::var(name).ok()?.parse::<usize>().ok());
    match size {
        Some(2..) => several(),
        _ => Ok(Rc::new(mis_pipeline::Alone)),
    }
}

#[cfg(feature = "mpi")]
fn several() -> Result<Rc<dyn Ranks>> {
    Ok(Rc::new(mis_pipeline::MpiRanks::join()?))
}

#[cfg(not(feature = "mpi"))]
fn several() -> Result<Rc<dyn Ranks>> {
    anyhow::bail!(
        "started as one of several MPI processes, but this program was built without MPI: \
         cargo install --locked --path crates/mis-cli --features mpi"
    )
}
