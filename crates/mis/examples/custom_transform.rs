//! An augmentation of your own: a strip of the patch without signal, as behind metal.
//!
//! ```sh
//! cargo run -p mis --example custom_transform
//! ```

mod balls;

use mis::augment::{Augmentation, Mirror, Sequence, Sometimes};
use mis::core::anyhow::Result;
use mis::core::{Sample, SampleRng, Transform, sample_rng};
use mis::prelude::*;
use rand::Rng as _;

#[derive(Debug)]
struct DarkStrip {
    /// Of slices along i.
    width: usize,
}

impl Transform for DarkStrip {
    fn apply(&self, mut sample: Sample, rng: &mut SampleRng) -> Sample {
        let [n_i, n_j, n_k] = sample.image.shape();
        let width = self.width.min(n_i);
        let start = rng.random_range(0..=n_i - width); // all randomness comes from `rng`
        for channel in sample.image.as_slice_mut().chunks_exact_mut(n_i * n_j * n_k) {
            channel[start * n_j * n_k..(start + width) * n_j * n_k].fill(0.0);
        }
        sample
    }
}

fn main() -> Result<()> {
    let strip = || Augmentation::custom(DarkStrip { width: 3 });
    let scan = balls::balls()?.samples[&"ball_0".into()].as_ref().clone();
    let Augmentation::Custom(alone) = strip() else { unreachable!() };
    let drawn = |idx| alone.apply(scan.clone(), &mut sample_rng(42, 0, idx));
    assert_eq!(drawn(0), drawn(0)); // a function of seed, epoch and index
    assert_eq!(drawn(0).labels, scan.labels);

    // In an experiment, between transforms of the framework.
    let experiment = Experiment::on(balls::balls()?)
        .classes(["background", "ball"])
        .augment(Sequence::new([Mirror::default().into(), Sometimes::new(0.3, strip()).into()]))
        .patches(PatchGrid { patch_size: [16; 3], overlap: [0; 3] })
        .build()?;
    assert_eq!(experiment.augment.sequence().0.len(), 2);
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
