//! One change of place, carried out.

use std::fmt;

use mis_core::interpolation::{VoxelMap, Warp, gather, gather_labels_filled};
use mis_core::{Affine, LabelMap, PatchLocation, Sample, Volume};
use ndarray::{Array3, Array4};

use crate::{ElasticDraw, Spatial};

/// One draw of [`Spatial`].
#[derive(Clone, Copy, PartialEq)]
pub struct SpatialDraw {
    /// Angles about i, j and k, in degrees.
    pub degrees: [f64; 3],
    /// Scales along i, j and k; 1 across slices.
    pub scale: [f64; 3],
    /// Angles by which j leans towards k, i towards k, and i towards j, in degrees.
    pub shear: [f64; 3],
    /// The elastic deformation, if there is one.
    pub elastic: Option<ElasticDraw>,
    /// Voxels along i, j and k by which the patch is read farther on.
    pub shift: [isize; 3],
}

impl SpatialDraw {
    /// The draw that changes nothing.
    pub const IDENTITY: Self =
        Self { degrees: [0.0; 3], scale: [1.0; 3], shear: [0.0; 3], elastic: None, shift: [0; 3] };

    /// Where the voxels of the patch `at` come from, but for the elastic deformation.
    #[must_use]
    pub fn map(&self, at: &PatchLocation) -> VoxelMap {
        let [(sin_i, cos_i), (sin_j, cos_j), (sin_k, cos_k)] =
            self.degrees.map(|degrees| degrees.to_radians().sin_cos());
        let rotation = [
            [cos_k * cos_j, cos_k * sin_j * sin_i - sin_k * cos_i, cos_k * sin_j * cos_i + sin_k * sin_i],
            [sin_k * cos_j, sin_k * sin_j * sin_i + cos_k * cos_i, sin_k * sin_j * cos_i - cos_k * sin_i],
            [-sin_j, cos_j * sin_i, cos_j * cos_i],
        ];
        let [jk, ik, ij] = self.shear.map(|degrees| degrees.to_radians().tan());
        let matrix = rotation.map(|[i, j, k]| {
            let sheared = [i, i * ij + j, i * ik + j * jk + k];
            std::array::from_fn(|axis| sheared[axis] * self.scale[axis])
        });
        let center = at.shape.map(|n| (n as f64 - 1.0) / 2.0);
        let source = std::array::from_fn(|axis| (at.start[axis] + self.shift[axis]) as f64 + center[axis]);
        VoxelMap::about(matrix, center, source)
    }

    /// The patch `at` of a scan, read with these options.
    pub(crate) fn read(&self, scan: &Sample, at: &PatchLocation, options: &Spatial) -> Sample {
        let affine = scan.image.affine().moved(at.start.map(|n| n as f64), [1.0; 3]);
        let outside = options.outside.label();
        if (Self { shift: [0; 3], ..*self }) == Self::IDENTITY {
            let start = std::array::from_fn(|axis| at.start[axis] + self.shift[axis]);
            let patch = scan.cut_filled(&PatchLocation { start, ..*at }, options.fill, outside);
            return if self.shift == [0; 3] { patch } else { placed(patch, affine) };
        }
        let across = options.slicewise.axis(at.shape);
        let displacement = self.elastic.map(|elastic| elastic.displacement(at.shape, across));
        let warp = Warp { map: self.map(at), displacement: displacement.as_ref() };
        let (from, to) = (scan.image.shape(), at.shape);
        let inside = warp.inside(to, from);

        let mut image = Array4::zeros((scan.image.n_channels(), to[0], to[1], to[2]));
        let channels = scan.image.as_slice().chunks_exact(from.iter().product());
        for (source, mut out) in channels.zip(image.outer_iter_mut()) {
            // The channel's minimum costs a pass over the scan: only patches that reach over the border pay it.
            let fill = if inside { 0.0 } else { options.fill.of(source) };
            let out = out.as_slice_mut().expect("a channel of a new array is in standard layout");
            gather(source, from, out, to, warp, options.image, fill);
        }
        let labels = scan.labels.as_ref().map(|labels| {
            let mut out = vec![0; at.n_voxels()];
            gather_labels_filled(labels.as_slice(), from, &mut out, to, warp, options.labels, outside);
            let data = Array3::from_shape_vec(to, out).expect("one label per voxel");
            LabelMap::new(data, affine).expect("a patch holds voxels")
        });
        Sample {
            id: scan.id.clone(),
            image: Volume::new(image, affine).expect("a patch holds voxels"),
            labels,
        }
    }
}

/// The sample on the lattice of this affine.
fn placed(sample: Sample, affine: Affine) -> Sample {
    Sample {
        id: sample.id,
        image: Volume::new(sample.image.into_data(), affine).expect("a patch holds voxels"),
        labels: sample
            .labels
            .map(|labels| LabelMap::new(labels.into_data(), affine).expect("a patch holds voxels")),
    }
}

/// What differs from [`SpatialDraw::IDENTITY`].
impl fmt::Debug for SpatialDraw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = f.debug_struct("SpatialDraw");
        if self.degrees != [0.0; 3] {
            parts.field("degrees", &self.degrees);
        }
        if self.scale != [1.0; 3] {
            parts.field("scale", &self.scale);
        }
        if self.shear != [0.0; 3] {
            parts.field("shear", &self.shear);
        }
        if let Some(elastic) = &self.elastic {
            parts.field("elastic", elastic);
        }
        if self.shift != [0; 3] {
            parts.field("shift", &self.shift);
        }
        parts.finish()
    }
}
