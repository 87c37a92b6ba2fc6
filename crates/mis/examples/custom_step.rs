//! A preprocessing step of your own: grey values as their square roots; and every second slice alone, with the way back
//! for what the network says.
//!
//! ```sh
//! cargo run -p mis --example custom_step
//! ```

mod balls;

use mis::core::anyhow::Result;
use mis::core::ndarray::{Array4, s};
use mis::core::{Geometry, LabelMap, Preprocess, Sample, Volume};
use mis::prelude::*;
use mis::preproc::{Step, apply_all, invert_all};

/// Changes grey values alone: one method.
#[derive(Debug)]
struct SquareRoot;

impl Preprocess for SquareRoot {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        sample.image.as_slice_mut().iter_mut().for_each(|value| *value = value.max(0.0).sqrt());
        Ok(sample)
    }
}

/// Changes the lattice: `invert` leads back to the one before.
#[derive(Debug)]
struct EverySecondSlice;

impl Preprocess for EverySecondSlice {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        let affine = sample.image.affine().moved([0.0; 3], [2.0, 1.0, 1.0]); // twice as far apart
        let image = sample.image.data().slice(s![.., ..;2, .., ..]).to_owned();
        let labels = sample.labels.map(|labels| labels.data().slice(s![..;2, .., ..]).to_owned());
        let labels = labels.map(|labels| LabelMap::new(labels, affine)).transpose()?;
        Ok(Sample { id: sample.id, image: Volume::new(image, affine)?, labels })
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        let [n_i, n_j, n_k] = before.shape;
        let of = probabilities.data();
        let each = Array4::from_shape_fn((probabilities.n_channels(), n_i, n_j, n_k), |(class, i, j, k)| {
            of[[class, i / 2, j, k]]
        });
        Volume::new(each, before.affine)
    }
}

fn main() -> Result<()> {
    let steps = [Step::custom(SquareRoot), Step::custom(EverySecondSlice)];
    let scan = balls::balls()?.samples[&"ball_0".into()].as_ref().clone();
    let (prepared, lattices) = apply_all(&steps, scan.clone())?;
    assert_eq!(prepared.image.shape(), [8, 16, 16]);
    assert_eq!(invert_all(&steps, prepared.image, &lattices)?.geometry(), scan.image.geometry());

    // In an experiment, between steps of the framework.
    let experiment = Experiment::on(balls::balls()?)
        .classes(["background", "ball"])
        .preprocess(Step::custom(SquareRoot))
        .preprocess(ZScore::default())
        .patches(PatchGrid { patch_size: [16; 3], overlap: [0; 3] })
        .build()?;
    assert_eq!(experiment.preprocess.len(), 2);
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
