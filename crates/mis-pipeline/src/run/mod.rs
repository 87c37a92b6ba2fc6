//! An experiment carried out: what is checked, trained, kept and reported.

mod check;
mod chosen_folds;
mod cross_validate;
mod environment;
mod fingerprint;
mod fold;
mod identity;
mod prepared;
mod report_page;
#[expect(clippy::module_inception, reason = "the folder is about the one type")]
mod run;
mod run_folder;
mod run_options;
mod start;
mod store;
mod train;

pub use check::{Checked, check};
pub use cross_validate::cross_validate;
pub use environment::Environment;
pub use fingerprint::fingerprint;
pub use prepared::Prepared;
pub use run_folder::RunFolder;
pub use run_options::RunOptions;
pub use store::{Keep, Store};
pub use train::train;

pub(crate) use chosen_folds::ChosenFolds;
pub(crate) use fingerprint::file_sha256;
pub(crate) use identity::check_same_steps;
pub(crate) use prepared::MEMORY_BUDGET;
pub(crate) use run::{FirstLook, Run, cases_of};
