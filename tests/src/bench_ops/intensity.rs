//! Single changes of grey values.

use anyhow::Result;
use mis::augment::{Factor, Gamma, GaussianBlur, GaussianNoise};
use mis::core::{Sample, Transform, sample_rng, statistics};

use super::case::{Case, about_image};
use super::line::Measured;
use super::timing::repeat;

/// An exponent of 1.3, mean and deviation retained.
pub(super) fn gamma(case: &Case<'_>) -> Result<Measured> {
    let gamma = Gamma { exponent: Factor::Uniform([1.3; 2]), ..Gamma::default() };
    let (measured, changed) = change(case, &gamma)?;
    case.write_image(&changed.image)?;
    Ok(measured)
}

/// A blur of σ 0.8 voxels along each axis.
pub(super) fn blur(case: &Case<'_>) -> Result<Measured> {
    let (measured, changed) = change(case, &GaussianBlur { sigma: [0.8; 2], channel_p: 1.0 })?;
    case.write_image(&changed.image)?;
    Ok(measured)
}

/// Noise of σ 0.1.
pub(super) fn noise(case: &Case<'_>) -> Result<Measured> {
    let (measured, changed) = change(case, &GaussianNoise { sigma: [0.1; 2] })?;
    let before = case.inputs.patch("patch128")?;
    let noise: Vec<f32> =
        changed.image.as_slice().iter().zip(before.image.as_slice()).map(|(a, b)| a - b).collect();
    let found = statistics(&noise);
    Ok(measured.with("noise_mean", found.mean).with("noise_sd", found.sd))
}

fn change(case: &Case<'_>, transform: &dyn Transform) -> Result<(Measured, Sample)> {
    let patch = Sample { labels: None, ..case.inputs.patch("patch128")? };
    let (measured, changed) = repeat(
        |seed| Ok((patch.clone(), sample_rng(seed, 0, 0))),
        |(patch, mut rng)| Ok(transform.apply(patch, &mut rng)),
    )?;
    Ok((measured.with("image", about_image(&changed.image)), changed))
}
