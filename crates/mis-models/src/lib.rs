//! U-Nets and segmentation losses on libtorch.
//!
//! An [`Architecture`] is a plain struct of hyperparameters, such as [`UNet`]; built for a [`ModelSpec`] it becomes a
//! [`Model`]: the network, its weights and what it was built for. A [`Loss`] compares logits with class indices. Both
//! are open: a network or loss of your own is one struct and one method.
//!
//! ```
//! use mis_models::{Dims, Loss as _, Model, ModelSpec, Tversky, UNet};
//! use tch::{Device, Kind, Tensor};
//!
//! let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
//! let model = Model::build(&UNet { base_channels: 8, depth: 2, ..UNet::default() }, spec, Device::Cpu, 42)?;
//!
//! let images = Tensor::zeros([2, 1, 8, 16, 16], (Kind::Float, Device::Cpu)); // (batch, channel, i, j, k)
//! let target = Tensor::zeros([2, 8, 16, 16], (Kind::Int64, Device::Cpu)); // (batch, i, j, k)
//! let logits = model.net.forward_t(&images, true);
//! assert_eq!(logits.size(), [2, 3, 8, 16, 16]); // (batch, class, i, j, k)
//! Tversky::default().forward(&logits, &target).backward();
//! # Ok::<(), anyhow::Error>(())
//! ```

mod model;
mod output;
mod seeded;
mod seg_model;
mod spec;
mod weights;

mod layers;

mod nnunet;
mod torch_script;
mod unet;

mod any_architecture;

mod losses;

pub use model::{Model, ShapeMismatch, WeightsMismatch};
pub use output::Output;
pub use seeded::seeded;
pub use seg_model::{Architecture, SegModel};
pub use spec::{Dims, ModelSpec};
pub use weights::Weights;

pub use layers::{Activation, BlockOrder, Norm, Pooling, UpSampling};

pub use nnunet::{PlainConvUNet, ResidualEncoderSize, ResidualEncoderUNet};
pub use torch_script::TorchScript;
pub use unet::{MultiResUNet, SkipConnection, UNet, UNetBlock, UNetPlusPlus};

pub use any_architecture::AnyArchitecture;

pub use losses::{
    AnyLoss, Combo, CrossEntropy, DeepSupervision, DiceCrossEntropy, DiceOver, Focal, FocalTversky,
    GeneralizedDice, Hausdorff, IGNORED, Jaccard, Loss, ModifiedFocal, ModifiedFocalTversky, Regions,
    SoftDice, Symmetry, TopKCrossEntropy, Tversky, TverskyCrossEntropy, UnifiedFocal, WeightedDice,
    WeightedLoss, WeightedSum,
};

pub use tch;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
