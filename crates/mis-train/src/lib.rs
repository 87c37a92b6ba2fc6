//! Training and prediction on libtorch, with checkpoints from which a run goes on exactly where it stopped.
//!
//! [`fit`] trains a model on the batches of a `BatchSource`; [`predict`] slides a window over a scan and gives class
//! probabilities on its lattice. Whoever calls owns the model: all tensors live on that one thread, and arrays alone
//! cross from the loader's.
//!
//! ```
//! use mis_core::{Affine, Volume, argmax, ndarray::Array4};
//! use mis_models::{Dims, Model, ModelSpec, UNet, tch::Device};
//! use mis_patch::PatchGrid;
//! use mis_train::{SlidingWindow, predict};
//!
//! let unet = UNet { depth: 2, base_channels: 4, ..UNet::default() };
//! let model = Model::build(&unet, ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three }, Device::Cpu, 0)?;
//! let scan = Volume::new(Array4::zeros((1, 10, 20, 30)), Affine::from_spacing([3.0, 1.0, 1.0]))?;
//!
//! let window = SlidingWindow::over(PatchGrid { patch_size: [8, 16, 16], overlap: [4, 8, 8] });
//! let labels = argmax(&predict(&model, &scan, &window)?);
//! assert_eq!(labels.geometry(), scan.geometry());
//! # Ok::<(), anyhow::Error>(())
//! ```

mod config;
mod fit;
mod ranks;
mod stop_signal;
mod trainer;
mod weight_average;

mod early_stop;
mod optimizer;
mod schedule;

mod callback;
mod curves;
mod events;
mod history;
mod progress;
mod validate;

mod checkpoint;
mod same_experiment;
mod training_folder;

mod mirrored_views;
mod postprocess;
mod predict;

mod device;
mod precision;
mod tensors;

pub use config::TrainConfig;
pub use fit::{Ended, FitJob, Fitted, fit};
#[cfg(feature = "mpi")]
pub use ranks::MpiRanks;
pub use ranks::{Alone, Ranks};
pub use stop_signal::StopSignal;
pub use trainer::{StepStats, Trainer};
pub use weight_average::WeightAverage;

pub use early_stop::{EarlyStop, Watch};
pub use optimizer::{Adam, AdamW, AnyOptimizer, SgdNesterov};
pub use schedule::{Constant, Cosine, OneCycle, Plateau, Poly, Schedule};

pub use callback::Callback;
pub use history::{EpochStats, History, Validation};
pub use validate::{ValidateOn, ValidationSet};

pub use checkpoint::{Checkpoint, TrainState, load_weights};
pub use same_experiment::check_same_experiment;
pub use training_folder::{CHECKPOINT_BEST, CHECKPOINT_LAST};

pub use mirrored_views::MirroredViews;
pub use postprocess::{AnyPostprocess, Connectivity, FillHoles, KeepLargest, Of, RemoveSmall};
pub use predict::{SlidingWindow, predict, predict_mean, predict_planes};

pub use device::DeviceChoice;
pub use precision::Precision;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
