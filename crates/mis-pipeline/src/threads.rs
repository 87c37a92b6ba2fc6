//! How many processor cores are used.

use anyhow::{Context as _, Result, ensure};
use mis_core::keep_memory;
use mis_models::tch;

/// Sets the threads of libtorch and of the data path, once per process and before anything else; without a number each
/// takes all cores. They share the cores: libtorch computes while the data path fetches the next batch, which was measured
/// to be faster than half of the cores for each (20 steps with augmentation: 7.5 to 8.8 s with 2 and 2 threads on 2 cores,
/// 13 s with 1 and 1). Memory that
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

/// Starts this program anew with threads of libtorch that give up their core while they wait, for machines whose cores
/// other programs use too; does nothing where it was so started, or where the environment says how to wait. Call it first
/// of all: GNU's OpenMP reads the environment when it is loaded.
///
/// By default a thread that waits for the others spins for some milliseconds, and if the one that it waits for has lost
/// its core to another program, both are lost. Measured on 2 cores, 20 steps of training on the hippocampus (seconds):
///
/// | | spinning | giving up the core |
/// |---|---|---|
/// | alone | 7.5 to 8.7 | 8.7 to 9.3 |
/// | beside one busy program | 26 to 31 | 15 to 16 |
///
/// Threads that prepare batches are no such program: they mostly wait themselves, and augmentation as nnU-Net's beside
/// training is faster with spinning threads too (7.5 to 8.8 against 10 s).
#[cfg(unix)]
pub fn share_cores() -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    const POLICY: &str = "OMP_WAIT_POLICY";
    if [POLICY, "GOMP_SPINCOUNT"].iter().any(|name| std::env::var_os(name).is_some()) {
        return Ok(());
    }
    let mut again = std::process::Command::new(std::env::current_exe()?);
    Err(again.args(std::env::args_os().skip(1)).env(POLICY, "passive").exec()).context("cannot start anew")
}

/// Has libtorch compute with no more than `n` of the threads that it is allowed.
pub(crate) fn limit_threads(n: Option<usize>) -> Result<()> {
    if let Some(n) = n {
        tch::set_num_threads(i32::try_from(n)?.min(tch::get_num_threads()));
    }
    Ok(())
}
