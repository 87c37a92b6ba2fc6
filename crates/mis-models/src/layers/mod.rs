//! What networks are made of. Every layer keeps a channels-last layout and computes in the kind of its input.

mod activation;
mod attention_gate;
mod block;
mod conv;
mod layout;
mod norm;
mod resize;
mod unit;

pub use activation::Activation;
pub use norm::Norm;
pub use resize::{Pooling, UpSampling};
pub use unit::BlockOrder;

pub(crate) use attention_gate::AttentionGate;
pub(crate) use block::{Block, Projection, Stack};
pub(crate) use conv::{Conv, ConvForm, Init};
pub(crate) use layout::channels_last;
pub(crate) use norm::NormLayer;
pub(crate) use resize::{Down, Up};
pub(crate) use unit::{Unit, UnitForm};
