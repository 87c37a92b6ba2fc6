//! To another spacing, and back.

use anyhow::{Result, ensure};
use mis_core::interpolation::{LabelOrder, Order, resize, resize_labels};
use mis_core::{Geometry, LabelMap, Preprocess, Sample, Statistics, Volume, statistics};
use ndarray::{Array3, Array4};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Resamples image and labels to a spacing, such as [3.22, 1.62, 1.62] mm.
///
/// An axis of `n` voxels gets `n·spacing/target` of them, rounded half to even as in nnU-Net, at least one; an axis of
/// one voxel keeps it. The outer borders of the two lattices coincide, so the spacing comes out as `n·spacing` over the
/// new number, within rounding of the target. There is no smoothing before making a lattice coarser. Where the shape
/// does not change, neither does the sample.
///
/// Inverted, class probabilities are interpolated linearly onto the lattice before, class by class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
}

/// What becomes of values that a cubic spline throws beyond the image's range, beside steep edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overshoot {
    /// They are limited to the range of the channel, as in scikit-image, nnU-Net and MIScnn.
    #[default]
    Clip,
    /// They stay, as in SciPy and SimpleITK; up to 24 HU in an abdominal CT.
    Keep,
}

fn cubic() -> Order {
    Order::Cubic
}

impl Resample {
    /// To this spacing in mm along i, j and k: cubic splines within the image's range, labels one-hot.
    #[must_use]
    pub fn to(spacing: [f64; 3]) -> Self {
        Self { spacing, image: Order::Cubic, labels: LabelOrder::OneHotLinear, overshoot: Overshoot::Clip }
    }

    /// Says what is wrong with the spacing, before any data is read.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.spacing.iter().all(|s| s.is_finite() && *s > 0.0),
            "spacing must be positive, got {:?}",
            self.spacing
        );
        Ok(())
    }

    /// The lattice after resampling a scan on this one.
    #[must_use]
    pub fn lattice(&self, before: &Geometry) -> Geometry {
        let spacing = before.affine.spacing();
        let shape: [usize; 3] = std::array::from_fn(|axis| match before.shape[axis] {
            1 => 1,
            n => (spacing[axis] / self.spacing[axis] * n as f64).round_ties_even().max(1.0) as usize,
        });
        if shape == before.shape {
            return *before;
        }
        let scale: [f64; 3] = std::array::from_fn(|axis| before.shape[axis] as f64 / shape[axis] as f64);
        Geometry { shape, affine: before.affine.moved(scale.map(|scale| (scale - 1.0) / 2.0), scale) }
    }
}

impl Preprocess for Resample {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        self.check()?;
        let before = sample.image.geometry();
        let after = self.lattice(&before);
        let n_voxels = after.shape.iter().try_fold(1_usize, |n, &extent| n.checked_mul(extent));
        ensure!(
            n_voxels.is_some_and(|n| n <= MOST_VOXELS),
            "spacing {:?} mm makes {:?} voxels of {:?} with spacing {:?} mm, more than can be held",
            self.spacing,
            after.shape,
            before.shape,
            before.affine.spacing()
        );
        if after == before {
            return Ok(sample);
        }
        let image = resized(&sample.image, &after, self.image, self.overshoot)?;
        let labels = sample.labels.map(|labels| {
            let mut out = Array3::zeros(after.shape);
            let to = out.as_slice_mut().expect("a new array is in standard layout");
            resize_labels(labels.as_slice(), before.shape, to, after.shape, self.labels);
            LabelMap::new(out, after.affine)
        });
        Ok(Sample { id: sample.id, image, labels: labels.transpose()? })
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        if probabilities.shape() == before.shape {
            return Volume::new(probabilities.into_data(), before.affine);
        }
        // Blends of neighbors stay within their range.
        resized(&probabilities, before, Order::Linear, Overshoot::Keep)
    }
}

/// 64 GiB of grey values: beyond it, a spacing is a mistake in the experiment or in a file's header.
const MOST_VOXELS: usize = 1 << 34;

fn resized(volume: &Volume, to: &Geometry, order: Order, overshoot: Overshoot) -> Result<Volume> {
    let (from, [i, j, k]) = (volume.shape(), to.shape);
    let mut out = Array4::zeros((volume.n_channels(), i, j, k));
    let values = out.as_slice_mut().expect("a new array is in standard layout");
    let channels = volume.as_slice().chunks_exact(from.iter().product());
    for (source, out) in channels.zip(values.chunks_exact_mut(to.n_voxels())) {
        resize(source, from, out, to.shape, order);
        if order == Order::Cubic && overshoot == Overshoot::Clip {
            clip_to_range_of(source, out);
        }
    }
    Volume::new(out, to.affine)
}

fn clip_to_range_of(source: &[f32], out: &mut [f32]) {
    let Statistics { min, max, .. } = statistics(source);
    out.par_chunks_mut(1 << 16).for_each(|values| {
        for value in values {
            *value = value.max(min).min(max);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;
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
