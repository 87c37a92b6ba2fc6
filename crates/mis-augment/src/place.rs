//! Changes of place, of image and labels together.

mod elastic;
mod mirror;
mod outside;
mod permuted;
mod rot90;
mod rotation;
mod scale_axes;
mod slicewise;
mod spatial;
mod spatial_draw;
mod transpose;

pub use elastic::{Elastic, ElasticDraw, Strength};
pub use mirror::{Mirror, mirror};
pub use outside::Outside;
pub use rot90::Rot90;
pub use rotation::Rotation;
pub use scale_axes::ScaleAxes;
pub use slicewise::Slicewise;
pub use spatial::Spatial;
pub use spatial_draw::SpatialDraw;
pub use transpose::Transpose;
