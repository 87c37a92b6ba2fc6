//! What the programs and tests of this package share: the benchmark on KiTS19, and the one of single operations.

pub mod bench_kits;
pub mod bench_ops;
