//! Cross-validation on KiTS19, or on phantoms of its form, as the MIScnn paper runs it.

mod outcome;
mod preset;

pub use outcome::{Figures, Outcome, Tolerance};
pub use preset::Preset;
