//! To another spacing, alone and as a part of preprocessing.

use anyhow::{Context as _, Result};
use mis::core::interpolation::{LabelOrder, Order, resize_labels};
use mis::core::ndarray::Array3;
use mis::core::{LabelMap, Preprocess as _, Sample};
use mis::preproc::{Clip, Resample, Step, ZScore, apply_all};

use super::case::{Case, about_image, about_labels};
use super::line::Measured;
use super::timing::{repeat, repeat_same};

/// KiTS19's spacing in the MIScnn paper.
const SPACING: [f64; 3] = [3.22, 1.62, 1.62];

/// Clips, normalizes and resamples a CT with its labels.
pub(super) fn preprocess(case: &Case<'_>) -> Result<Measured> {
    let steps: [Step; 3] =
        [Clip { min: -79.0, max: 304.0 }.into(), ZScore::default().into(), Resample::to(SPACING).into()];
    let scan = || Ok(Sample { labels: Some(case.inputs.truth()?), ..case.inputs.scan()? });
    let (measured, (input, _)) = repeat(|_| scan(), |scan| apply_all(&steps, scan))?;
    let labels = input.labels.context("labels were lost")?;
    Ok(measured.with("image", about_image(&input.image)).with("label", about_labels(&labels)))
}

/// Resamples a CT.
pub(super) fn image(case: &Case<'_>, order: Order) -> Result<Measured> {
    let step = Resample { image: order, ..Resample::to(SPACING) };
    let (measured, scan) = repeat(|_| case.inputs.scan(), |scan| step.apply(scan))?;
    case.write_image(&scan.image)?;
    Ok(measured.with("stats", about_image(&scan.image)))
}

/// Resamples labels.
pub(super) fn labels(case: &Case<'_>, order: LabelOrder) -> Result<Measured> {
    let labels = case.inputs.truth()?;
    let lattice = Resample::to(SPACING).lattice(&labels.geometry());
    let (measured, resampled) = repeat_same(|| {
        let mut out = vec![0; lattice.n_voxels()];
        resize_labels(labels.as_slice(), labels.shape(), &mut out, lattice.shape, order);
        LabelMap::new(Array3::from_shape_vec(lattice.shape, out)?, lattice.affine)
    })?;
    case.write("npy", resampled.data())?;
    Ok(measured.with("stats", about_labels(&resampled)))
}
