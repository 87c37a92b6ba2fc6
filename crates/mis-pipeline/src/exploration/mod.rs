//! Data looked at: what is in a data set, what augmentation makes of it, labels on scans.

mod augmented;
mod inspect_folder;
mod render;

pub use augmented::render_augmented;
pub use inspect_folder::inspect_folder;
pub use render::{RenderJob, render};
