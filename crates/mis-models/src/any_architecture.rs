//! The architectures that an experiment file can name.

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::nn;

use crate::{
    Architecture, ModelSpec, MultiResUNet, PlainConvUNet, ResidualEncoderUNet, SegModel, TorchScript, UNet,
    UNetPlusPlus,
};

/// An architecture of an experiment: one of the framework's, named in a file, or one of the user's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum AnyArchitecture {
    /// MIScnn's U-Nets: standard, plain, residual, dense, compact, with attention or without.
    Unet(UNet),
    /// MIScnn's MultiRes U-Net.
    MultiResUnet(MultiResUNet),
    /// U-Net++.
    UnetPlusPlus(UNetPlusPlus),
    /// nnU-Net's plain network.
    PlainConvUnet(PlainConvUNet),
    /// nnU-Net's network with a residual encoder.
    ResidualEncoderUnet(ResidualEncoderUNet),
    /// A network from a file.
    TorchScript(TorchScript),
    /// An architecture of the user's own, which a file cannot hold.
    #[serde(skip)]
    Custom(Arc<dyn Architecture>),
}
mis_core::named_choice!(AnyArchitecture);

impl Architecture for AnyArchitecture {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        let architecture: &dyn Architecture = match self {
            Self::Unet(unet) => unet,
            Self::MultiResUnet(unet) => unet,
            Self::UnetPlusPlus(unet) => unet,
            Self::PlainConvUnet(unet) => unet,
            Self::ResidualEncoderUnet(unet) => unet,
            Self::TorchScript(script) => script,
            Self::Custom(custom) => custom.as_ref(),
        };
        architecture.build(vs, spec)
    }
}

macro_rules! from {
    ($($choice:ident($architecture:ident)),+) => {
        $(impl From<$architecture> for AnyArchitecture {
            fn from(architecture: $architecture) -> Self {
                Self::$choice(architecture)
            }
        })+
    };
}
from!(
    Unet(UNet),
    MultiResUnet(MultiResUNet),
    UnetPlusPlus(UNetPlusPlus),
    PlainConvUnet(PlainConvUNet),
    ResidualEncoderUnet(ResidualEncoderUNet),
    TorchScript(TorchScript)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_architecture_reads_back_from_its_file_form() {
        let all: [AnyArchitecture; 5] = [
            UNet::plain().into(),
            MultiResUNet::default().into(),
            UNetPlusPlus::default().into(),
            PlainConvUNet::default().into(),
            ResidualEncoderUNet::default().into(),
        ];
        for architecture in all {
            let text = serde_json::to_string(&architecture).unwrap();
            let again: AnyArchitecture = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), text);
        }
    }

    #[test]
    fn a_name_stands_bare_and_a_misspelled_option_is_named() {
        let bare: AnyArchitecture = serde_json::from_str(r#""plain-conv-unet""#).unwrap();
        assert!(matches!(bare, AnyArchitecture::PlainConvUnet(unet) if unet == PlainConvUNet::default()));
        let wrong = serde_json::from_str::<AnyArchitecture>(r#"{"unet": {"dept": 3}}"#).unwrap_err();
        assert!(wrong.to_string().contains("unknown field `dept`, expected one of `depth`"), "{wrong}");
    }
}
