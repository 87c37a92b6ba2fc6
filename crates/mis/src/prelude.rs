//! What a pipeline of a few lines needs, and the interfaces and types that a part of your own is written with:
//! `use mis::prelude::*`.

pub use mis_core::{Affine, Geometry, LabelMap, Sample, SampleId, SampleRng, Volume};
pub use mis_core::{
    BatchSource, DataSource, PatchSampler, Postprocess, PredictionSink, Preprocess, Transform,
};

pub use mis_io::{CaseFolders, InMemory, NnunetRaw, PairedFiles, Slices, Source};

pub use mis_preproc::{Clip, Crop, Pad, Reorient, Resample, ZScore};

pub use mis_augment::{miscnn, standard};

pub use mis_patch::{PatchGrid, Patches};

pub use mis_models::{
    CrossEntropy, DeepSupervision, DiceCrossEntropy, Norm, PlainConvUNet, Regions, ResidualEncoderUNet,
    SoftDice, Tversky, UNet,
};

pub use mis_train::{Adam, AdamW, Precision, Schedule, SgdNesterov, TrainConfig};

pub use mis_pipeline::{EvaluateConfig, Experiment, Folds, PredictConfig, RunOptions, TrainedRun};
