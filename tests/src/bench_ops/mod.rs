//! Single operations, timed and checked on the files that other libraries are measured on.
//!
//! A [`Workload`] is one operation; [`run_all`] measures each in a process of its own and appends a [`Line`] of JSON
//! for it. The repeats, the statistics and the names in a line are those that the other libraries are measured by, so
//! that two files of lines can be laid side by side.

mod line;
mod memory;
mod timing;

mod case;
mod inputs;
mod workload;

mod accuracy;
mod augment;
mod batches;
mod intensity;
mod load_save;
mod metrics;
mod networks;
mod patches;
mod resample;
mod start;

mod run;

pub use inputs::Inputs;
pub use line::{Line, Measured, Outcome};
pub use run::{measure_here, run_all};
pub use start::say_hello;
pub use workload::{DATA, NETWORKS, Workload, select, workloads};
