//! MIScnn's U-Nets by name.

use super::{SkipConnection, UNet, UNetBlock};
use crate::{Activation, BlockOrder, Norm};

impl UNet {
    /// MIScnn's residual U-Net: every block with a shortcut (Zhang et al. 2017).
    #[must_use]
    pub fn residual() -> Self {
        Self { block: UNetBlock::Residual, ..Self::default() }
    }

    /// MIScnn's dense U-Net (Kolařík et al. 2019).
    #[must_use]
    pub fn dense() -> Self {
        Self { block: UNetBlock::Dense, ..Self::default() }
    }

    /// MIScnn's compact U-Net (Kolařík et al. 2019).
    #[must_use]
    pub fn compact() -> Self {
        Self { block: UNetBlock::Compact, ..Self::default() }
    }

    /// MIScnn's attention U-Net (Oktay et al. 2018).
    #[must_use]
    pub fn attention() -> Self {
        Self { skip: SkipConnection::Attention, ..Self::default() }
    }

    /// MIScnn's attention U-Net with residual blocks in its encoder; see [`UNetBlock::ResidualEncoderOfOutput`] for
    /// what is peculiar about it.
    #[must_use]
    pub fn attention_residual() -> Self {
        Self { block: UNetBlock::ResidualEncoderOfOutput, ..Self::attention() }
    }

    /// MIScnn's plain U-Net for volumes (Isensee & Maier-Hein 2019): widths 30, 60, 120, 240, 320, 320, instance norm
    /// before a leaky ReLU of slope 0.1, and a first step down that leaves i as it is.
    #[must_use]
    pub fn plain() -> Self {
        let mut strides = vec![[2; 3]; 5];
        strides[0] = [1, 2, 2];
        Self { strides: Some(strides), ..Self::plain_2d() }
    }

    /// MIScnn's plain U-Net for planes: [`UNet::plain`] with a stride of 2 everywhere.
    #[must_use]
    pub fn plain_2d() -> Self {
        Self {
            depth: 5,
            base_channels: 30,
            max_channels: Some(320),
            norm: Norm::Instance,
            activation: Activation::Leaky { slope: 0.1 },
            order: BlockOrder::NormActivation,
            ..Self::default()
        }
    }
}
