//! Transforms made of transforms.

mod one_of;
mod per_channel;
mod sequence;
mod sometimes;

pub use one_of::OneOf;
pub use per_channel::PerChannel;
pub use sequence::Sequence;
pub use sometimes::Sometimes;
