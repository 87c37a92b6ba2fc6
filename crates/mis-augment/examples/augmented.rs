//! Eight augmented patches of one scan, and what was drawn for each.
//!
//! ```sh
//! cargo run -p mis-augment --example augmented
//! ```

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use anyhow::Result;
use mis_augment::{Gamma, GaussianNoise, Mirror, Sequence, Sometimes, Spatial};
use mis_core::ndarray::{Array3, Axis};
use mis_core::{Affine, LabelMap, PatchLocation, Sample, Volume, sample_rng};

fn main() -> Result<()> {
    let labels = Array3::from_shape_fn([48; 3], |(i, j, k)| {
        let from_middle = [i, j, k].map(|at| (at as f32 - 23.5).powi(2)).iter().sum::<f32>();
        u8::from(from_middle < 100.0)
    });
    let affine = Affine::from_spacing([1.0; 3]);
    let image = labels.mapv(|label| 100.0 * f32::from(label)).insert_axis(Axis(0));
    let scan = Sample {
        id: "ball".into(),
        image: Volume::new(image, affine)?,
        labels: Some(LabelMap::new(labels, affine)?),
    };
    let at = PatchLocation { start: [8; 3], shape: [32; 3] };
    let chain = Sequence::new([
        Spatial { rotation_p: 0.5, scale_p: 0.5, ..Spatial::default() }.into(),
        Sometimes::new(0.5, Gamma::default()).into(),
        Sometimes::new(0.5, GaussianNoise { sigma: [0.0, 10.0] }).into(),
        Mirror::default().into(),
    ]);
    for visit in 0..8 {
        let (patch, drawn) = chain.apply_at_telling(&scan, &at, &mut sample_rng(42, 0, visit));
        let n_ball = patch.labels.iter().flat_map(LabelMap::as_slice).filter(|&&label| label == 1).count();
        println!("patch {visit}: {n_ball} voxels of the ball");
        drawn.iter().for_each(|line| println!("    {line}"));
        let (again, _) = chain.apply_at_telling(&scan, &at, &mut sample_rng(42, 0, visit));
        assert_eq!(patch, again); // a function of seed, epoch and index
    }
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
