//! What a pipeline of a few lines needs: `use mis::prelude::*`.

pub use mis_augment::{miscnn, standard};
pub use mis_io::{CaseFolders, NnunetRaw, PairedFiles};
pub use mis_models::{
    CrossEntropy, DeepSupervision, DiceCrossEntropy, Norm, PlainConvUNet, Regions, ResidualEncoderUNet,
    SoftDice, Tversky, UNet,
};
pub use mis_patch::{PatchGrid, Patches};
pub use mis_pipeline::{Experiment, Folds, PredictConfig, RunOptions, TrainedRun};
pub use mis_preproc::{Clip, Pad, Resample, ZScore};
pub use mis_train::{Adam, AdamW, Precision, Schedule, SgdNesterov, TrainConfig};
