//! The architectures that an experiment file can name.

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::nn;

use crate::{Architecture, ModelSpec, SegModel, UNet};

/// An architecture of an experiment: one of the framework's, named in a file, or one of the user's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum AnyArchitecture {
    /// The standard U-Net.
    Unet(UNet),
    /// An architecture of the user's own, which a file cannot hold.
    #[serde(skip)]
    Custom(Arc<dyn Architecture>),
}
mis_core::named_choice!(AnyArchitecture);

impl From<UNet> for AnyArchitecture {
    fn from(unet: UNet) -> Self {
        Self::Unet(unet)
    }
}

impl Architecture for AnyArchitecture {
    fn build(&self, vs: &nn::Path<'_>, spec: &ModelSpec) -> Result<Box<dyn SegModel>> {
        match self {
            Self::Unet(unet) => unet.build(vs, spec),
            Self::Custom(custom) => custom.build(vs, spec),
        }
    }
}
