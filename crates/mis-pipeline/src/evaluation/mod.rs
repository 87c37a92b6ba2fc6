//! Label maps scored, and runs compared.

mod compare_runs;
mod evaluate;
mod label_files;
mod write_report;

pub use compare_runs::compare_runs;
pub use evaluate::{EvaluationJob, evaluate};
pub use write_report::write_report;

pub(crate) use write_report::{SUMMARY, write_scores};
