//! What the programs and tests of this package share: the benchmark on KiTS19 and where its data lie.

pub mod bench_kits;
