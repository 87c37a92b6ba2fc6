//! What the weights of a training are a function of.

use mis_augment::Augment;
use mis_core::ClassTable;
use mis_models::tch::Device;
use mis_models::{AnyArchitecture, AnyLoss};
use mis_patch::Patches;
use mis_preproc::Step;
use mis_train::{DeviceChoice, TrainConfig};

use crate::{Experiment, Keep};

/// What the weights of a training are a function of, besides its cases.
#[derive(Debug)]
#[expect(dead_code, reason = "its fields are read by its Debug form, which is what it is for")]
struct Identity<'a> {
    seed: u64,
    classes: &'a ClassTable,
    preprocess: &'a [Step],
    augment: &'a Augment,
    loss: &'a AnyLoss,
    patches: &'a Patches,
    model: &'a AnyArchitecture,
    train: TrainConfig,
    data_sha256: &'a str,
    start_sha256: Option<&'a str>,
    batches_are_stored: bool,
}

/// An experiment on data of this checksum as text, a setting a line: the same for any number of workers, wherever the
/// data lie, and on any device that computes in the same precision. Parts of the user's own are told apart by their
/// `Debug` form.
pub(crate) fn identity(
    experiment: &Experiment,
    classes: &ClassTable,
    data_sha256: &str,
    start_sha256: Option<&str>,
    device: Device,
) -> String {
    let Experiment { seed, preprocess, augment, loss, patches, model, train, store, .. } = experiment;
    let seed = *seed;
    let batches_are_stored = store.as_ref().is_some_and(|store| store.keep == Keep::Batches);
    let precision = train.precision.resolve(device);
    let train = TrainConfig {
        threads: None,
        workers: 1,
        keep_checkpoints: 0,
        device: DeviceChoice::Cpu,
        precision,
        ..train.clone()
    };
    let identity = Identity {
        seed,
        classes,
        preprocess,
        augment,
        loss,
        patches,
        model,
        train,
        data_sha256,
        start_sha256,
        batches_are_stored,
    };
    format!("{identity:#?}")
}
