//! The program as a user meets it: whole runs on small data, bad input, and Ctrl-C.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod doors;
mod evaluation;
mod exploration;
mod memory;
#[cfg(feature = "mpi")]
mod ranks;
mod refusals;
mod resumption;
mod runs;
mod themes;
