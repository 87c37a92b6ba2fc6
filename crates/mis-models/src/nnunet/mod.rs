//! nnU-Net's networks, with weights named as PyTorch names them there.

mod decoder;
mod network;
mod plain_conv;
mod residual_encoder;

pub use plain_conv::PlainConvUNet;
pub use residual_encoder::{ResidualEncoderSize, ResidualEncoderUNet};

#[cfg(test)]
mod tests;
