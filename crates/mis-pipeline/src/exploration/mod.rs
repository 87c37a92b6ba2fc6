//! Data looked at: what is in a data set, what augmentation makes of it, labels on scans, one format as another.

mod augmented;
mod convert;
mod inspect_folder;
mod inspection_page;
mod render;

pub use augmented::render_augmented;
pub use convert::{ConvertJob, convert};
pub use inspect_folder::inspect_folder;
pub use inspection_page::write_inspection;
pub use render::{RenderJob, render};
