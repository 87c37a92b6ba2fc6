//! What the weights of a training are a function of.

use std::path::Path;

use anyhow::{Context as _, Result};
use mis_augment::Augment;
use mis_core::ClassTable;
use mis_models::tch::Device;
use mis_models::{AnyArchitecture, AnyLoss};
use mis_patch::Patches;
use mis_preproc::Step;
use mis_train::{DeviceChoice, TrainConfig, check_same_experiment};

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

/// Says in which lines the steps that a training's scans were prepared by, as its identity has them, differ from these.
pub(crate) fn check_same_steps(path: &Path, trained: &str, steps: &[Step]) -> Result<()> {
    #[derive(Debug)]
    #[expect(dead_code, reason = "its field is read by its Debug form, which is what it is for")]
    struct Steps<'a> {
        preprocess: &'a [Step],
    }
    let theirs =
        preprocess_of(trained).with_context(|| format!("{} does not say its steps", path.display()))?;
    let ours = format!("{:#?}", Steps { preprocess: steps });
    check_same_experiment(path, &theirs, &preprocess_of(&ours).unwrap_or_default())
}

/// The lines of the field `preprocess`.
fn preprocess_of(identity: &str) -> Option<String> {
    let mut lines = identity.lines().skip_while(|line| !line.starts_with("    preprocess: "));
    let first = lines.next()?;
    let rest = lines.take_while(|line| line.starts_with("     ") || *line == "    ],");
    Some([first].into_iter().chain(rest).collect::<Vec<_>>().join("\n"))
}
