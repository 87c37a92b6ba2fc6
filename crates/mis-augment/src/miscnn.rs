//! MIScnn's augmentation.

use crate::{
    Brightness, Contrast, Factor, Gamma, GaussianNoise, LabelOrder, Order, Rotation, Sequence, Slicewise,
    Sometimes, Spatial,
};

/// MIScnn's augmentation by its defaults (Müller & Kramer 2021, batchgenerators), each with a probability of 0.15:
///
/// | transform | range |
/// |---|---|
/// | rotation | ±15° about each axis |
/// | scaling | 0.85 to 1.25, half of them below 1 |
/// | contrast | factor 0.3 to 3, half of them below 1, within the channel's range |
/// | brightness | factor 0.5 to 2, uniform |
/// | gamma | exponent 0.7 to 1.5, half of them below 1, statistics retained |
/// | Gaussian noise | σ 0 to 0.05 |
///
/// The image is interpolated by cubic splines, the labels by the nearest voxel. MIScnn rotates and scales last; here it
/// comes first, so that it reads the scan around the patch and leaves no dark corners. Mirroring and elastic
/// deformation are off by default in MIScnn; [`Spatial`]'s `elastic` is MIScnn's, at `elastic-p` 0.
#[must_use]
pub fn miscnn() -> Sequence {
    const P: f32 = 0.15;
    let spatial = Spatial {
        rotation: Rotation::UpTo(15.0),
        rotation_p: P,
        scale: Factor::AroundOne([0.85, 1.25]),
        scale_p: P,
        slicewise: Slicewise::Never,
        image: Order::Cubic,
        labels: LabelOrder::Nearest,
        ..Spatial::default()
    };
    Sequence::new([
        spatial.into(),
        Sometimes::new(P, Contrast { factor: Factor::AroundOne([0.3, 3.0]), ..Contrast::default() }).into(),
        Sometimes::new(P, Brightness { factor: Factor::Uniform([0.5, 2.0]) }).into(),
        Sometimes::new(P, Gamma::default()).into(),
        Sometimes::new(P, GaussianNoise { sigma: [0.0, 0.05] }).into(),
    ])
}
