//! Which cases are trained on and which are validated.

mod hold_out;
mod k_fold;
mod nnunet_folds;
mod numpy_random;
pub(crate) mod split;
mod splits_file;

pub use hold_out::hold_out;
pub use k_fold::{grouped, k_fold, leave_one_out};
pub use nnunet_folds::nnunet_folds;
pub use split::{Split, check_splits, detailed};
pub use splits_file::{read_splits, write_splits};
