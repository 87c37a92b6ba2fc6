//! Steps one after the other, and back.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Geometry, Preprocess as _, Sample, Volume};

use crate::Step;

/// Says what is wrong with the first step whose options are, before any data is read: `clip: min must be below max,
/// got 304 and -79`.
pub fn check_all(steps: &[Step]) -> Result<()> {
    steps.iter().try_for_each(|step| step.check().context(step.name()))
}

/// The sample after all steps, and the lattice before each of them, which [`invert_all`] needs. An error names its step.
pub fn apply_all(steps: &[Step], mut sample: Sample) -> Result<(Sample, Vec<Geometry>)> {
    let mut lattices = Vec::with_capacity(steps.len());
    for step in steps {
        lattices.push(sample.image.geometry());
        sample = step.apply(sample).context(step.name())?;
    }
    Ok((sample, lattices))
}

/// Class probabilities `(class, i, j, k)` brought back through all steps, the last one first. An error names its step.
pub fn invert_all(steps: &[Step], mut probabilities: Volume, lattices: &[Geometry]) -> Result<Volume> {
    ensure!(
        lattices.len() == steps.len(),
        "expected the lattice before each of {} steps, got {}",
        steps.len(),
        lattices.len()
    );
    for (step, before) in steps.iter().zip(lattices).rev() {
        if probabilities.geometry() != *before {
            probabilities = step.invert(probabilities, before).context(step.name())?;
        }
    }
    Ok(probabilities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clip, Pad, Resample, ZScore};
    use mis_core::{Affine, LabelMap, Preprocess};
    use ndarray::{Array3, Array4};

    fn scan() -> Sample {
        let affine =
            Affine::new([[0., 0., 0.8, 5.], [0., -0.8, 0., 6.], [-3., 0., 0., 7.], [0., 0., 0., 1.]]);
        let affine = affine.unwrap();
        let data = Array4::from_shape_fn((1, 9, 20, 22), |(_, i, j, k)| (i * 40 + j * 5 + k) as f32);
        let labels = Array3::from_shape_fn((9, 20, 22), |(i, j, _)| u8::from(i > 3) + u8::from(j > 9));
        Sample {
            id: "a".into(),
            image: Volume::new(data, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    #[test]
    fn probabilities_come_back_onto_the_scan_through_every_step() {
        let steps: [Step; 4] = [
            Resample::to([3.3, 1.6, 1.7]).into(),
            Clip { min: 10.0, max: 300.0 }.into(),
            ZScore::default().into(),
            Pad { divisible_by: [8; 3], ..Pad::min_size([16, 12, 12]) }.into(),
        ];
        let scan = scan();
        let (input, lattices) = apply_all(&steps, scan.clone()).unwrap();
        assert_eq!(input.check_geometry(), Ok(()));
        assert_eq!(input.image.shape(), [16, 16, 16]);
        assert_eq!(lattices[0], scan.image.geometry());

        // As a network that is sure: one probability a class, 1 where the resampled label is.
        let labels = input.labels.unwrap();
        let probabilities = Array4::from_shape_fn((3, 16, 16, 16), |(class, i, j, k)| {
            f32::from(u8::from(usize::from(labels.data()[(i, j, k)]) == class))
        });
        let probabilities = Volume::new(probabilities, labels.affine()).unwrap();
        let prediction = mis_core::argmax(&invert_all(&steps, probabilities, &lattices).unwrap());
        assert_eq!(prediction.geometry(), scan.image.geometry());
        let truth = scan.labels.unwrap();
        let wrong = prediction.as_slice().iter().zip(truth.as_slice()).filter(|(a, b)| a != b).count();
        // Twice the spacing in the plane cannot place a border better than by a voxel: two planes of 9·20·22.
        assert!(wrong <= 9 * 22 + 20 * 22, "{wrong} of {} voxels differ", truth.as_slice().len());
    }

    #[test]
    fn an_error_names_its_step() {
        let steps = [Step::from(Clip { min: 0.0, max: 1.0 }), Resample::to([0.0, 1.6, 1.6]).into()];
        let expected = "resample: spacing must be positive, got [0.0, 1.6, 1.6]";
        assert_eq!(format!("{:#}", check_all(&steps).unwrap_err()), expected);
        assert_eq!(format!("{:#}", apply_all(&steps, scan()).unwrap_err()), expected);
    }

    #[test]
    fn a_step_of_ones_own_joins_the_chain() {
        #[derive(Debug)]
        struct Double;
        impl Preprocess for Double {
            fn apply(&self, mut sample: Sample) -> Result<Sample> {
                sample.image.as_slice_mut().iter_mut().for_each(|v| *v *= 2.0);
                Ok(sample)
            }
        }
        let (doubled, _) = apply_all(&[Step::custom(Double)], scan()).unwrap();
        assert_eq!(doubled.image.as_slice()[5], 10.0);
    }
}
