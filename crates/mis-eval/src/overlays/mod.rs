//! Scans with labels in color, to be looked at.

mod animation;
mod canvas;
mod drawing;
mod layer;
mod overlay;
mod palette;
mod patch_sheet;
mod plane;
mod shades;
mod sheet;
mod style;
mod telling_slices;
mod window;

#[cfg(test)]
mod tests;

pub use overlay::Overlay;
pub use palette::class_color;
pub use patch_sheet::{patch_sheet, write_patch_sheet};
pub use plane::{Plane, SliceView};
pub(crate) use sheet::png;
pub use style::OverlayStyle;
pub use window::Window;
