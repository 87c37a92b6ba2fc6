//! The data of the examples: six scans with a bright ball in each, made in the program.

use mis::core::anyhow::Result;
use mis::core::ndarray::{Array3, Axis};
use mis::core::{Affine, LabelMap, Sample, SampleId, Volume};
use mis::io::InMemory;

/// Scans of 16³ voxels of 1 mm: a ball of 100 on 0, each in another place and of another size.
pub(crate) fn balls() -> Result<InMemory> {
    (0..6).map(ball).collect()
}

fn ball(case: i32) -> Result<Sample> {
    let labels = Array3::from_shape_fn([16; 3], |(i, j, k)| {
        let from_middle = [i as i32 - 6 - case % 3, j as i32 - 6 - case / 2, k as i32 - 8];
        let distance = from_middle.map(|along| along * along).iter().sum::<i32>();
        u8::from(distance <= (3 + case % 3).pow(2))
    });
    let affine = Affine::from_spacing([1.0; 3]);
    let image = labels.mapv(|label| 100.0 * f32::from(label)).insert_axis(Axis(0));
    Ok(Sample {
        id: SampleId(format!("ball_{case}")),
        image: Volume::new(image, affine)?,
        labels: Some(LabelMap::new(labels, affine)?),
    })
}
