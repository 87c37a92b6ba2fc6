//! Which cases are trained on and which are validated.

mod grouped;
mod hold_out;
mod k_fold;
mod nnunet_folds;
mod numpy_random;
mod repeated;
pub(crate) mod split;
mod splits_file;
mod stratified;

pub use grouped::grouped;
pub use hold_out::hold_out;
pub use k_fold::{k_fold, leave_one_out};
pub use nnunet_folds::nnunet_folds;
pub use repeated::repeated;
pub use split::{Split, check_splits, detailed};
pub use splits_file::{read_splits, write_splits};
pub use stratified::{stratified, stratified_by_value};
