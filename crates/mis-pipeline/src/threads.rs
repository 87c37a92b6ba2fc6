//! How many processor cores are used.

use anyhow::{Context as _, Result, ensure};
use mis_models::{keep_memory, tch};

/// Sets the threads of libtorch and of the data path, once per process and before anything else; without a number each
/// takes all cores. They share the cores: libtorch computes while the data path fetches the next batch. Memory that
/// tensors free is kept for the next ones ([`keep_memory`]).
pub fn set_threads(n: Option<usize>) -> Result<()> {
    let n = match n {
        Some(n) => n,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    ensure!((1..=1024).contains(&n), "threads must be 1 to 1024, got {n}");
    keep_memory();
    tch::set_num_threads(i32::try_from(n)?);
    rayon::ThreadPoolBuilder::new().num_threads(n).build_global().context("threads were set before")
}

/// Has libtorch compute with no more than `n` of the threads that it is allowed.
pub(crate) fn limit_threads(n: Option<usize>) -> Result<()> {
    if let Some(n) = n {
        tch::set_num_threads(i32::try_from(n)?.min(tch::get_num_threads()));
    }
    Ok(())
}
