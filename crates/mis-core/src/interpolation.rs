//! Values between voxels: resizing a lattice, and gathering under a coordinate map.
//!
//! Everything here works on raw slices of one channel with its shape `(i, j, k)`, k fastest, in `f32`, in parallel over
//! planes; the result does not depend on the number of threads. Resizing is separable and aligns the outer borders of
//! the two lattices (half-pixel coordinates, `align_corners = false`): voxel `x` of the new lattice lies at
//! `(x + ½)·from/to − ½` of the old one. Beyond its border an image goes on with its outermost values, so that a
//! constant image stays constant.
//!
//! ```
//! use mis_core::interpolation::{Order, resize};
//!
//! let mut wide = [0.0; 6];
//! resize(&[1.0, 2.0, 3.0], [1, 1, 3], &mut wide, [1, 1, 6], Order::Linear);
//! assert_eq!(wide, [1.0, 1.25, 1.75, 2.25, 2.75, 3.0]);
//! ```

mod axis;
mod bspline;
mod cells;
mod displacement;
mod fill;
mod gather;
mod gather_cubic;
mod gather_labels;
mod gather_rows;
mod gaussian;
mod majority;
mod order;
mod resize;
mod resize_cubic;
mod resize_labels;
mod resize_linear;
mod squeezed;
mod voxel_map;
mod warp;

pub use displacement::Displacement;
pub use fill::Fill;
pub use gather::gather;
pub use gather_labels::{gather_labels, gather_labels_filled};
pub use gaussian::gaussian;
pub use order::{LabelOrder, Order};
pub use resize::{resize, resize_slices};
pub use resize_labels::{resize_label_slices, resize_labels};
pub use resize_linear::LinearResize;
pub use voxel_map::VoxelMap;
pub use warp::Warp;
