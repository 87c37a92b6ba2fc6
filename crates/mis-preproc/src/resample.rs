//! To another spacing, and back.

use anyhow::{Result, ensure};
use mis_core::interpolation::{LabelOrder, Order};
use mis_core::{Geometry, Preprocess, Sample, Volume};
use serde::{Deserialize, Serialize};

use crate::sizing::{self, AntiAlias, Overshoot, Sizing};
use crate::undo::{Undo, check_shape};

/// Resamples image and labels to a spacing, such as [3.22, 1.62, 1.62] mm.
///
/// An axis of `n` voxels gets `n·spacing/target` of them, rounded half to even as in nnU-Net if not said otherwise, at
/// least one; an axis of one voxel keeps it. The outer borders of the two lattices coincide, so the spacing comes out as
/// `n·spacing` over the new number, within rounding of the target. Where the shape does not change, neither does the
/// sample.
///
/// Inverted, class probabilities are interpolated linearly onto the lattice before, class by class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resample {
    /// The target, in mm along i, j and k.
    pub spacing: [f64; 3],
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
    /// How the new number of voxels is rounded; `"half-even"` if not said.
    #[serde(default)]
    pub rounding: Rounding,
    /// Where the largest spacing, of the scan or of the target, is more than this many times the smallest, the nearest
    /// slice is taken along its axis: between thick slices a blend shows what is in neither. nnU-Net's rule has 3; none,
    /// the default, interpolates along all axes. Two axes of the same largest spacing are interpolated too.
    #[serde(default)]
    pub anisotropy: Option<f64>,
}

/// How a number of voxels is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest whole number, halves to the even one: nnU-Net's.
    #[default]
    HalfEven,
    /// Down: MIScnn's.
    Floor,
}

pub(crate) fn cubic() -> Order {
    Order::Cubic
}

impl Resample {
    /// To this spacing in mm along i, j and k: cubic splines within the image's range, labels one-hot.
    #[must_use]
    pub fn to(spacing: [f64; 3]) -> Self {
        Self {
            spacing,
            image: Order::Cubic,
            labels: LabelOrder::OneHotLinear,
            overshoot: Overshoot::Clip,
            anti_alias: AntiAlias::None,
            rounding: Rounding::HalfEven,
            anisotropy: None,
        }
    }

    /// MIScnn's shape: the number of voxels is rounded down. Its dark border is not copied: beyond the border the image
    /// goes on with its outermost voxels.
    #[must_use]
    pub fn miscnn(spacing: [f64; 3]) -> Self {
        Self { rounding: Rounding::Floor, ..Self::to(spacing) }
    }

    /// nnU-Net's resampling: along the axis of thick slices by the nearest slice.
    #[must_use]
    pub fn nnunet(spacing: [f64; 3]) -> Self {
        Self { anisotropy: Some(3.0), ..Self::to(spacing) }
    }

    /// Says what is wrong with the options, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.spacing.iter().all(|s| s.is_finite() && *s > 0.0),
            "spacing must be positive, got {:?}",
            self.spacing
        );
        if let Some(ratio) = self.anisotropy {
            ensure!(ratio >= 1.0, "anisotropy must be at least 1, got {ratio}");
        }
        Ok(())
    }

    /// The lattice after resampling a scan on this one.
    #[must_use]
    pub fn lattice(&self, before: &Geometry) -> Geometry {
        let spacing = before.affine.spacing();
        let shape = std::array::from_fn(|axis| match before.shape[axis] {
            1 => 1,
            n => {
                let n = spacing[axis] / self.spacing[axis] * n as f64;
                let n = match self.rounding {
                    Rounding::HalfEven => n.round_ties_even(),
                    // A spacing that divides the scan's stays exact whatever the header's rounding.
                    Rounding::Floor => (n + 1e-6).floor(),
                };
                n.max(1.0) as usize
            }
        });
        sizing::lattice(before, shape)
    }

    /// The axis along which the nearest slice is taken.
    fn nearest_along(&self, before: &Geometry) -> Option<usize> {
        let ratio = self.anisotropy?;
        let thick = [before.affine.spacing(), self.spacing].into_iter().find(|spacing| {
            let (min, max) = (spacing.iter().copied().fold(f64::INFINITY, f64::min), largest(spacing));
            max / min > ratio
        })?;
        let mut axes = (0..3).filter(|&axis| thick[axis] == largest(&thick));
        axes.next().filter(|_| axes.next().is_none())
    }

    pub(crate) fn undo(&self, before: &Geometry) -> Undo {
        sizing::undo(before, self.lattice(before).shape, self.nearest_along(before))
    }
}

fn largest(spacing: &[f64; 3]) -> f64 {
    spacing.iter().copied().fold(0.0, f64::max)
}

impl Preprocess for Resample {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        self.check()?;
        let before = sample.image.geometry();
        let &Self { image, labels, overshoot, anti_alias, .. } = self;
        let nearest_along = self.nearest_along(&before);
        let sizing = Sizing { image, labels, overshoot, anti_alias, nearest_along };
        sizing.apply(sample, &self.lattice(&before))
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        check_shape(&probabilities, self.lattice(before).shape)?;
        self.undo(before).whole(probabilities, before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, LabelMap};
    use ndarray::{Array3, Array4};
    use proptest::prelude::*;

    fn sample(shape: [usize; 3], spacing: [f64; 3], value: impl Fn([usize; 3]) -> f32) -> Sample {
        let ([n_i, n_j, n_k], affine) =
            (shape, Affine::from_spacing(spacing).moved([5.0, -3.0, 0.5], [1.0; 3]));
        let data = Array4::from_shape_fn((1, n_i, n_j, n_k), |(_, i, j, k)| value([i, j, k]));
        let labels = Array3::from_shape_fn(shape, |(i, j, k)| [0, 2, 5][(i / 2 + j / 3 + k / 2) % 3]);
        Sample {
            id: "a".into(),
            image: Volume::new(data, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    #[test]
    fn the_new_shape_is_rounded_half_to_even_and_the_borders_stay() {
        let before = sample([200, 5, 7], [3.0, 0.5, 1.5], |_| 0.0).image.geometry();
        let after = Resample::to([3.22, 1.0, 3.0]).lattice(&before);
        assert_eq!(after.shape, [186, 2, 4]); // 186.3, 2.5, 3.5
        let corner = |lattice: &Geometry, side: f64| {
            lattice.affine.world(lattice.shape.map(|n| side * n as f64 - 0.5))
        };
        for side in [0.0, 1.0] {
            let (a, b) = (corner(&before, side), corner(&after, side));
            assert!((0..3).all(|axis| (a[axis] - b[axis]).abs() < 1e-9), "{a:?} is not {b:?}");
        }
    }

    #[test]
    fn miscnns_shape_is_rounded_down() {
        let before = sample([16, 16, 16], [1.8, 3.0, 3.0], |_| 0.0).image.geometry();
        assert_eq!(Resample::miscnn([1.0; 3]).lattice(&before).shape, [28, 48, 48]);
        assert_eq!(Resample::to([1.0; 3]).lattice(&before).shape, [29, 48, 48]);
    }

    #[test]
    fn between_thick_slices_the_nearest_is_taken() {
        let value = |[i, j, _]: [usize; 3]| (10 * i) as f32 + (j as f32 - 4.0).powi(2);
        let thick = sample([5, 9, 9], [4.0, 1.0, 1.0], value);
        let step = Resample { image: Order::Linear, ..Resample::nnunet([2.0, 0.5, 1.0]) };
        let found = step.apply(thick.clone()).unwrap().image;
        assert_eq!(found.shape(), [10, 18, 9]);
        for i in 0..10 {
            let row = |i: usize| (0..18).map(|j| found.data()[(0, i, j, 0)]).collect::<Vec<_>>();
            let shift = (10 * (i / 2)) as f32;
            let expected: Vec<f32> = row(0).iter().map(|value| value + shift).collect();
            assert!(row(i).iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "slice {i}");
        }
        let even = sample([5, 9, 9], [2.0, 1.0, 1.0], value);
        let step = Resample { image: Order::Linear, ..Resample::nnunet([1.0, 0.5, 1.0]) };
        let plain = Resample { anisotropy: None, ..step };
        assert_eq!(step.apply(even.clone()).unwrap(), plain.apply(even).unwrap());
    }

    #[test]
    fn a_slice_stays_a_slice() {
        let lattice = sample([8, 8, 1], [1.0, 1.0, 5.0], |_| 0.0).image.geometry();
        assert_eq!(Resample::to([2.0, 2.0, 1.0]).lattice(&lattice).shape, [4, 4, 1]);
    }

    #[test]
    fn air_stays_air_up_to_the_corners() {
        let air =
            Resample::to([1.1, 0.4, 2.0]).apply(sample([6, 7, 8], [2.0, 0.7, 1.0], |_| -1000.0)).unwrap();
        assert!(air.image.as_slice().iter().all(|&v| v == -1000.0));
        assert_eq!(air.check_geometry(), Ok(()));
    }

    #[test]
    fn a_linear_ramp_comes_back() {
        let ramp = sample([12, 10, 11], [2.0, 0.7, 1.0], |[i, j, k]| i as f32 + 2.0 * j as f32 - k as f32);
        let before = ramp.image.geometry();
        let step = Resample { image: Order::Linear, ..Resample::to([1.1, 0.5, 0.6]) };
        let back = step.invert(step.apply(ramp.clone()).unwrap().image, &before).unwrap();
        assert_eq!(back.geometry(), before);
        for ((index, &found), &expected) in back.data().indexed_iter().zip(ramp.image.as_slice()) {
            let (_, i, j, k) = index;
            // Within two voxels of the border the constant continuation bends the ramp.
            if (2..10).contains(&i) && (2..8).contains(&j) && (2..9).contains(&k) {
                assert!((found - expected).abs() < 1e-4, "at {index:?}: expected {expected}, found {found}");
            }
        }
    }

    #[test]
    fn overshoot_is_clipped_or_kept_as_asked() {
        let edge = sample([2, 2, 40], [1.0; 3], |[_, _, k]| if k < 20 { 0.0 } else { 100.0 });
        let keep = Resample { overshoot: Overshoot::Keep, ..Resample::to([1.0, 1.0, 0.3]) };
        let max = |step: Resample| {
            step.apply(edge.clone()).unwrap().image.as_slice().iter().copied().fold(0.0_f32, f32::max)
        };
        assert!(max(keep) > 105.0);
        assert_eq!(max(Resample::to([1.0, 1.0, 0.3])), 100.0);
    }

    #[test]
    fn smoothing_first_keeps_a_fine_pattern_from_coming_back_as_a_coarse_one() {
        // A pattern of 5/2 voxels, sampled at every second voxel, looks like one of 5 new voxels.
        let value = |[_, _, k]: [usize; 3]| (k as f32 * std::f32::consts::TAU * 0.4).sin();
        let fine = sample([2, 2, 80], [1.0; 3], value);
        let spread = |anti_alias| {
            let step = Resample { anti_alias, ..Resample::to([1.0, 1.0, 2.0]) };
            let image = step.apply(fine.clone()).unwrap().image;
            assert_eq!(image.shape(), [2, 2, 40]);
            mis_core::statistics(&image.as_slice()[4..36]).sd
        };
        // A Gaussian of half a voxel has the weights 0.106, 0.787, 0.106 and leaves 0.787 + 2·0.106·cos(0.8π) of it.
        let ratio = spread(AntiAlias::Gaussian) / spread(AntiAlias::None);
        assert!((ratio - 0.614).abs() < 0.005, "{ratio}");
    }

    #[test]
    fn a_spacing_that_fills_the_memory_is_an_error() {
        let error =
            Resample::to([1e-9; 3]).apply(sample([4, 4, 4], [1.0; 3], |_| 0.0)).unwrap_err().to_string();
        assert!(error.contains("more than can be held"), "{error}");
    }

    proptest! {
        #[test]
        fn labels_never_get_a_new_class(
            shape in [1..9_usize, 1..9, 1..9], spacing in [0.3..3.0_f64, 0.3..3.0, 0.3..3.0],
        ) {
            for labels in [LabelOrder::Nearest, LabelOrder::OneHotLinear] {
                let before = sample(shape, [1.0; 3], |_| 0.0);
                let classes = before.labels.clone().unwrap();
                let after = Resample { labels, ..Resample::to(spacing) }.apply(before).unwrap();
                let new = after.labels.unwrap();
                prop_assert!(new.as_slice().iter().all(|label| classes.as_slice().contains(label)));
            }
        }
    }
}
