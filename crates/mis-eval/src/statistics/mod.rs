//! How sure a number is, and whether two runs differ.

mod bootstrap;
mod wilcoxon;

pub use bootstrap::{Interval, bootstrap_mean};
pub use wilcoxon::{Wilcoxon, wilcoxon};
