//! Data looked at: what is in a data set, what augmentation makes of it, labels on scans, one format as another.

mod augmented;
mod convert;
mod inspect_folder;
mod render;

pub use augmented::render_augmented;
pub use convert::{ConvertJob, convert};
pub use inspect_folder::inspect_folder;
pub use render::{RenderJob, render};
