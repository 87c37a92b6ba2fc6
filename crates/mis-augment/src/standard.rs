//! nnU-Net's augmentation.

use crate::{
    Brightness, Contrast, Gamma, GaussianBlur, GaussianNoise, LowResolution, Mirror, Sequence, Sometimes,
    Spatial,
};

/// nnU-Net's augmentation (Isensee et al. 2021, batchgeneratorsv2), in its order:
///
/// | transform | p of a patch | p of a channel | range |
/// |---|---|---|---|
/// | rotation | 0.2 | | ±30° about each axis; slices ±180°, one elongated slice ±15° ([`Rotation::ByShape`](crate::Rotation::ByShape)) |
/// | scaling | 0.2 | | 0.7 to 1.4 |
/// | Gaussian noise | 0.1 | 1 | σ 0 to 0.1 |
/// | Gaussian blur | 0.2 | 0.5 | σ 0.5 to 1 voxels along each axis |
/// | brightness | 0.15 | 1 | factor 0.75 to 1.25, half of them below 1 |
/// | contrast | 0.15 | 1 | the same, within the channel's range |
/// | low resolution | 0.25 | 0.5 | 0.5 to 1 |
/// | gamma, inverted | 0.1 | 1 | exponent 0.7 to 1.5, half of them below 1, statistics retained |
/// | gamma | 0.3 | 1 | the same |
/// | mirror | 0.5 an axis | | |
///
/// Patches with one side more than 3 times another are moved slice by slice. It differs from nnU-Net in what lies beyond
/// the scan: the channel's minimum, as where a patch hangs over the border, not 0.
#[must_use]
pub fn standard() -> Sequence {
    Sequence::new([
        Spatial::default().into(),
        Sometimes::new(0.1, GaussianNoise::default()).into(),
        Sometimes::new(0.2, GaussianBlur::default()).into(),
        Sometimes::new(0.15, Brightness::default()).into(),
        Sometimes::new(0.15, Contrast::default()).into(),
        Sometimes::new(0.25, LowResolution::default()).into(),
        Sometimes::new(0.1, Gamma { invert: true, ..Gamma::default() }).into(),
        Sometimes::new(0.3, Gamma::default()).into(),
        Mirror::default().into(),
    ])
}
