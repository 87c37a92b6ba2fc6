//! Spatial augmentation, and whole chains.

use anyhow::{Context as _, Result};
use mis::augment::{
    Augmentation, Elastic, Factor, Fill, Mirror, Order, Rotation, Sequence, Slicewise, Spatial, SpatialDraw,
    Strength, miscnn, standard,
};
use mis::core::{PatchLocation, Sample, Transform, sample_rng};
use serde_json::{Value, json};

use super::case::{Case, about_image, about_labels};
use super::line::Measured;
use super::timing::{draws, repeat};

/// Draws of a chain on the patch of this name.
pub(super) fn chain(case: &Case<'_>, patch: &str, chain: &Sequence) -> Result<Measured> {
    let patch = case.inputs.patch(patch)?;
    let (measured, last) =
        draws(|seed| Ok((patch.clone(), seed)), |(patch, seed)| drawn(chain, patch, seed))?;
    Ok(measured.with("last", about(&last)?))
}

/// Rotation and scaling in every draw; for the comparison one fixed rotation and scale.
pub(super) fn spatial(case: &Case<'_>, order: Order) -> Result<Measured> {
    let spatial = Spatial {
        rotation: Rotation::UpTo(30.0),
        rotation_p: 1.0,
        scale: Factor::Uniform([0.7, 1.4]),
        scale_p: 1.0,
        slicewise: Slicewise::Never,
        image: order,
        fill: Fill::Value(0.0),
        ..Spatial::default()
    };
    let patch = case.inputs.patch("patch128")?;
    let (measured, last) =
        repeat(|seed| Ok((patch.clone(), seed)), |(patch, seed)| drawn(&spatial, patch, seed))?;

    let fixed = SpatialDraw { degrees: [10.0, -15.0, 20.0], scale: [1.1; 3], ..SpatialDraw::IDENTITY };
    let moved = spatial.apply_drawn(&patch, &PatchLocation::whole(patch.image.shape()), &fixed);
    case.write_image(&moved.image)?;
    case.write("labels.npy", moved.labels.context("labels were lost")?.data())?;
    Ok(measured.with("last", about(&last)?))
}

/// Elastic deformation in every draw, its field smoothed by σ 9 to 13 voxels, 5 to 10 voxels at most.
pub(super) fn elastic(case: &Case<'_>, order: Order) -> Result<Measured> {
    let spatial = Spatial {
        rotation_p: 0.0,
        scale_p: 0.0,
        elastic: Elastic { sigma: [9.0, 13.0], strength: Strength::Largest([5.0, 10.0]) },
        elastic_p: 1.0,
        slicewise: Slicewise::Never,
        image: order,
        fill: Fill::Value(0.0),
        ..Spatial::default()
    };
    let patch = case.inputs.patch("patch128")?;
    let (measured, last) =
        repeat(|seed| Ok((patch.clone(), seed)), |(patch, seed)| drawn(&spatial, patch, seed))?;
    Ok(measured.with("last", about(&last)?))
}

/// [`miscnn`] with every probability 1, and with MIScnn's mirroring and elastic deformation.
pub(super) fn miscnn_always() -> Sequence {
    let always = miscnn().0.into_iter().map(always).map(|transform| match transform {
        Augmentation::Spatial(spatial) => {
            Spatial { elastic: Elastic::default(), elastic_p: 1.0, ..spatial }.into()
        }
        other => other,
    });
    Sequence::new(always.chain([Mirror::default().into()]))
}

/// [`standard`] with every probability 1; mirroring stays at a half along each axis.
pub(super) fn standard_always() -> Sequence {
    Sequence::new(standard().0.into_iter().map(always))
}

fn always(transform: Augmentation) -> Augmentation {
    match transform {
        Augmentation::Sometimes(sometimes) => always(*sometimes.transform),
        Augmentation::Spatial(spatial) => Spatial { rotation_p: 1.0, scale_p: 1.0, ..spatial }.into(),
        Augmentation::GaussianBlur(mut blur) => {
            blur.channel_p = 1.0;
            blur.into()
        }
        Augmentation::LowResolution(mut low_resolution) => {
            low_resolution.channel_p = 1.0;
            low_resolution.into()
        }
        other => other,
    }
}

fn drawn(transform: &dyn Transform, patch: Sample, seed: u64) -> Result<Sample> {
    Ok(transform.apply(patch, &mut sample_rng(seed, 0, 0)))
}

fn about(sample: &Sample) -> Result<Value> {
    let labels = sample.labels.as_ref().context("labels were lost")?;
    Ok(json!({"image": about_image(&sample.image), "label": about_labels(labels)}))
}
