//! To a shape, and back.

use anyhow::{Result, ensure};
use mis_core::interpolation::{LabelOrder, Order};
use mis_core::{Geometry, Preprocess, Sample, Volume};
use serde::{Deserialize, Serialize};

use crate::resample::cubic;
use crate::sizing::{self, AntiAlias, Overshoot, Sizing};
use crate::undo::{Undo, check_shape};

/// Resizes image and labels to a shape, whatever the spacing that comes of it: pictures of several sizes for a network
/// that sees them whole.
///
/// The outer borders of the two lattices coincide. Inverted, class probabilities are interpolated linearly onto the
/// lattice before, class by class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resize {
    /// Number of voxels along i, j and k.
    pub shape: [usize; 3],
    /// How the image is interpolated; `"cubic"` if not said.
    #[serde(default = "cubic")]
    pub image: Order,
    /// How the labels are interpolated; `"one-hot-linear"` if not said.
    #[serde(default)]
    pub labels: LabelOrder,
    /// What becomes of values that a cubic spline throws beyond the image's range; `"clip"` if not said.
    #[serde(default)]
    pub overshoot: Overshoot,
    /// Whether the image is smoothed before its lattice is made coarser; `"none"` if not said.
    #[serde(default)]
    pub anti_alias: AntiAlias,
}

impl Resize {
    /// To this shape: cubic splines within the image's range, labels one-hot.
    #[must_use]
    pub fn to(shape: [usize; 3]) -> Self {
        Self {
            shape,
            image: Order::Cubic,
            labels: LabelOrder::OneHotLinear,
            overshoot: Overshoot::Clip,
            anti_alias: AntiAlias::None,
        }
    }

    /// Says what is wrong with the shape, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(!self.shape.contains(&0), "shape must be positive, got {:?}", self.shape);
        Ok(())
    }

    pub(crate) fn undo(&self, before: &Geometry) -> Undo {
        sizing::undo(before, self.shape, None)
    }
}

impl Preprocess for Resize {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        self.check()?;
        let after = sizing::lattice(&sample.image.geometry(), self.shape);
        let &Self { image, labels, overshoot, anti_alias, .. } = self;
        Sizing { image, labels, overshoot, anti_alias, nearest_along: None }.apply(sample, &after)
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        check_shape(&probabilities, self.shape)?;
        self.undo(before).whole(probabilities, before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, LabelMap};
    use ndarray::{Array3, Array4};

    #[test]
    fn a_picture_takes_the_shape_and_gives_it_back() {
        let affine = Affine::from_spacing([0.5, 0.5, 1.0]);
        let labels = Array3::from_shape_fn((20, 30, 1), |(i, j, _)| u8::from(i > 8 && j > 10));
        let image = Array4::from_shape_fn((3, 20, 30, 1), |(c, i, j, _)| (c * 50 + i + j) as f32);
        let picture = Sample {
            id: "a".into(),
            image: Volume::new(image, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        };
        let step = Resize::to([32, 32, 1]);
        let resized = step.apply(picture.clone()).unwrap();
        assert_eq!(resized.image.shape(), [32, 32, 1]);
        assert_eq!(resized.check_geometry(), Ok(()));
        let back = step.invert(resized.image, &picture.image.geometry()).unwrap();
        assert_eq!(back.geometry(), picture.image.geometry());
        // Within a voxel of the border the constant continuation bends the ramp.
        let (found, expected) = (back.data()[(2, 10, 20, 0)], picture.image.data()[(2, 10, 20, 0)]);
        assert!((found - expected).abs() < 1e-2, "expected {expected}, found {found}");
    }

    #[test]
    fn a_shape_without_extent_is_refused() {
        assert_eq!(
            Resize::to([8, 0, 8]).check().unwrap_err().to_string(),
            "shape must be positive, got [8, 0, 8]"
        );
    }
}
