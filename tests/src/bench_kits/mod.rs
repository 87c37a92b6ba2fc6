//! Cross-validation on KiTS19, or on phantoms of its form, as the MIScnn paper runs it.

mod completeness;
mod devices;
mod outcome;
mod preset;
mod record;
mod simulated;

pub use completeness::{check_complete, papers_cases};
pub use devices::on_devices;
pub use outcome::{beside_the_paper, check};
pub use preset::{Preset, workspace};
pub use record::write_record;
pub use simulated::simulate;
