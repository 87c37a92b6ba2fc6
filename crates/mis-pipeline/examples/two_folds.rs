//! An experiment on scans made in the program: two folds, their report, and a prediction by both as an ensemble.
//!
//! ```sh
//! cargo run --release -p mis-pipeline --example two_folds
//! ```

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use anyhow::Result;
use mis_core::ndarray::{Array3, Axis};
use mis_core::{Affine, LabelMap, Sample, SampleId, Volume};
use mis_io::InMemory;
use mis_models::{DiceCrossEntropy, Norm, UNet};
use mis_patch::PatchGrid;
use mis_pipeline::{DeviceChoice, Experiment, RunFolder, TrainedRun};
use mis_preproc::ZScore;
use mis_train::{Adam, TrainConfig};

/// A scan with a bright box in it.
fn scan(case: usize) -> Result<Sample> {
    let inside = |at: usize| (3 + case..11 + case).contains(&at);
    let labels = Array3::from_shape_fn([18; 3], |(i, j, k)| u8::from(inside(i) && inside(j) && inside(k)));
    let affine = Affine::from_spacing([1.0; 3]);
    let image = labels.mapv(|label| 40.0 * f32::from(label)).insert_axis(Axis(0));
    Ok(Sample {
        id: SampleId(format!("box_{case}")),
        image: Volume::new(image, affine)?,
        labels: Some(LabelMap::new(labels, affine)?),
    })
}

fn main() -> Result<()> {
    let cases: InMemory = (0..4).map(scan).collect::<Result<_>>()?;
    let experiment = Experiment::on(cases)
        .classes(["background", "box"])
        .preprocess(ZScore::default())
        .patches(PatchGrid { patch_size: [16; 3], overlap: [8; 3] })
        .model(UNet { depth: 1, base_channels: 4, norm: Norm::Instance, ..UNet::default() })
        .loss(DiceCrossEntropy::default())
        .train(TrainConfig {
            epochs: 2,
            steps_per_epoch: Some(10),
            threads: Some(1), // so small a network gains nothing by more
            optimizer: Adam { learning_rate: 1e-2, ..Adam::default() }.into(),
            ..TrainConfig::default()
        })
        .seed(42)
        .build()?;
    let out = std::env::temp_dir().join(format!("mis-pipeline-two-folds-{}", std::process::id()));
    let report = experiment.cross_validate(2, &out)?;
    println!("{}", report.table());

    // Scans in memory have no place in a file: the run is opened with the experiment itself.
    let run = TrainedRun::load(experiment, &RunFolder::open(&out)?, DeviceChoice::Auto)?;
    let unseen = scan(5)?;
    let prediction = run.label_map(unseen.image)?;
    let both = unseen.labels.iter().flat_map(LabelMap::as_slice).zip(prediction.as_slice());
    let n_right = both.filter(|(truth, found)| truth == found).count();
    println!("{} networks, {n_right} of {} voxels right", run.models.len(), 18 * 18 * 18);
    assert!(n_right > 5600);
    std::fs::remove_dir_all(out)?;
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
