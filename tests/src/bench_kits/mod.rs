//! Cross-validation on KiTS19, or on phantoms of its form, as the MIScnn paper runs it.

mod outcome;
mod preset;

pub use outcome::{beside_the_paper, check};
pub use preset::{Preset, workspace};
