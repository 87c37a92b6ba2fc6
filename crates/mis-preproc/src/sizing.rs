//! How a sample is interpolated onto another shape.

use anyhow::{Result, ensure};
use mis_core::interpolation::{
    LabelOrder, LinearResize, Order, gaussian, resize, resize_label_slices, resize_labels, resize_slices,
};
use mis_core::{Geometry, LabelMap, Sample, Statistics, Volume, statistics, zeros};
use ndarray::{Array3, Array4};
use serde::{Deserialize, Serialize};

use crate::over::map_values;
use crate::undo::Undo;

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

/// Whether an image is smoothed before its lattice is made coarser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AntiAlias {
    /// It is not, as in nnU-Net and MIScnn: noise stays as strong as it was.
    #[default]
    None,
    /// By a Gaussian of `(from/to − 1)/2` voxels along each axis that gets fewer voxels, as scikit-image does: detail
    /// finer than the new lattice does not come back as false detail.
    Gaussian,
}

/// How image and labels come onto another shape with the same outer borders.
#[derive(Clone, Copy)]
pub(crate) struct Sizing {
    pub(crate) image: Order,
    pub(crate) labels: LabelOrder,
    pub(crate) overshoot: Overshoot,
    pub(crate) anti_alias: AntiAlias,
    /// The axis along which the nearest slice is taken.
    pub(crate) nearest_along: Option<usize>,
}

/// 64 GiB of grey values: beyond it, a spacing or shape is a mistake in the experiment or in a file's header.
const MOST_VOXELS: usize = 1 << 34;

/// The lattice of this shape with the same outer borders; the same lattice where the shape is.
pub(crate) fn lattice(before: &Geometry, shape: [usize; 3]) -> Geometry {
    if shape == before.shape {
        return *before;
    }
    let scale: [f64; 3] = std::array::from_fn(|axis| before.shape[axis] as f64 / shape[axis] as f64);
    Geometry { shape, affine: before.affine.moved(scale.map(|scale| (scale - 1.0) / 2.0), scale) }
}

/// The way back from `after`, whose outer borders are those of `before`.
pub(crate) fn undo(before: &Geometry, after: [usize; 3], nearest_along: Option<usize>) -> Undo {
    if after == before.shape {
        return Undo::Nothing;
    }
    Undo::Resize(LinearResize { from: after, to: before.shape, nearest_along })
}

impl Sizing {
    /// The sample on the lattice `after`.
    pub(crate) fn apply(self, sample: Sample, after: &Geometry) -> Result<Sample> {
        let before = sample.image.geometry();
        if *after == before {
            return Ok(sample);
        }
        let n_voxels = after.shape.iter().try_fold(1_usize, |n, &extent| n.checked_mul(extent));
        ensure!(
            n_voxels.is_some_and(|n| n <= MOST_VOXELS),
            "{:?} voxels are more than can be held; the scan has {:?} of {:?} mm",
            after.shape,
            before.shape,
            before.affine.spacing()
        );
        let image = self.image(&sample.image, after)?;
        let labels = sample.labels.map(|labels| self.labels(&labels, after)).transpose()?;
        Ok(Sample { id: sample.id, image, labels })
    }

    fn image(self, volume: &Volume, to: &Geometry) -> Result<Volume> {
        let (from, [i, j, k]) = (volume.shape(), to.shape);
        let mut values = zeros(volume.n_channels() * to.n_voxels());
        let channels = volume.as_slice().chunks_exact(from.iter().product());
        let sigma = self.smoothing(from, to.shape);
        for (source, out) in channels.zip(values.chunks_exact_mut(to.n_voxels())) {
            let smooth = (sigma != [0.0; 3]).then(|| gaussian(source, from, sigma));
            let source = smooth.as_deref().unwrap_or(source);
            match self.nearest_along {
                Some(axis) => resize_slices(source, from, out, to.shape, self.image, axis),
                None => resize(source, from, out, to.shape, self.image),
            }
            if self.image == Order::Cubic && self.overshoot == Overshoot::Clip {
                let Statistics { min, max, .. } = statistics(source);
                map_values(out, |value| value.max(min).min(max));
            }
        }
        Volume::new(Array4::from_shape_vec((volume.n_channels(), i, j, k), values)?, to.affine)
    }

    /// Standard deviations of the smoothing, in voxels.
    fn smoothing(self, from: [usize; 3], to: [usize; 3]) -> [f32; 3] {
        std::array::from_fn(|axis| match self.anti_alias {
            AntiAlias::Gaussian if self.nearest_along != Some(axis) => {
                (0.5 * (from[axis] as f32 / to[axis] as f32 - 1.0)).max(0.0)
            }
            _ => 0.0,
        })
    }

    fn labels(self, labels: &LabelMap, to: &Geometry) -> Result<LabelMap> {
        let (source, from) = (labels.as_slice(), labels.shape());
        let mut out = Array3::zeros(to.shape);
        let values = out.as_slice_mut().expect("a new array is in standard layout");
        match self.nearest_along {
            Some(axis) => resize_label_slices(source, from, values, to.shape, self.labels, axis),
            None => resize_labels(source, from, values, to.shape, self.labels),
        }
        LabelMap::new(out, to.affine)
    }
}
