//! Turned, nearer or farther: every change of place in one.

use anyhow::Result;
use mis_core::interpolation::{Fill, LabelOrder, Order, VoxelMap, gather, gather_labels};
use mis_core::{LabelMap, PatchLocation, Sample, SampleRng, Transform, Volume};
use ndarray::{Array3, Array4};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::factor::check_probability;
use crate::{Factor, Rotation, Slicewise};

/// Rotates and scales about the patch's center, in one coordinate map and one interpolation.
///
/// A patch of a scan is read from the scan, so that its corners hold what lies there; only beyond the scan is `fill`,
/// and background in the labels. A draw that neither rotates nor scales is the plain patch, to the bit. Rotation and
/// scaling act on voxels, as in nnU-Net and MIScnn, not on millimetres. The patch's lattice stays as it was: it is the
/// anatomy that moves.
///
/// A voxel at `p` from the center gets the value at `R_k·R_j·R_i·s·p` with a right-handed rotation about each axis, so
/// a scale `s` above 1 makes things smaller. The default is nnU-Net's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spatial {
    /// How far it turns.
    pub rotation: Rotation,
    /// The probability that it turns.
    pub rotation_p: f32,
    /// The scale, one for all axes.
    pub scale: Factor,
    /// The probability that it is scaled, whether or not it turns.
    pub scale_p: f32,
    /// When it moves slice by slice.
    pub slicewise: Slicewise,
    /// How the image is interpolated.
    pub image: Order,
    /// How the labels are interpolated.
    pub labels: LabelOrder,
    /// The image's value beyond the scan.
    pub fill: Fill,
}

impl Default for Spatial {
    fn default() -> Self {
        Self {
            rotation: Rotation::ByShape,
            rotation_p: 0.2,
            scale: Factor::Uniform([0.7, 1.4]),
            scale_p: 0.2,
            slicewise: Slicewise::default(),
            image: Order::Linear,
            labels: LabelOrder::OneHotLinear,
            fill: Fill::Minimum,
        }
    }
}

/// One draw of [`Spatial`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpatialDraw {
    /// Angles about i, j and k, in degrees.
    pub degrees: [f64; 3],
    /// Scales along i, j and k; 1 across slices.
    pub scale: [f64; 3],
}

impl SpatialDraw {
    /// The draw that changes nothing.
    pub const IDENTITY: Self = Self { degrees: [0.0; 3], scale: [1.0; 3] };

    /// Where the voxels of the patch `at` come from.
    #[must_use]
    pub fn map(&self, at: &PatchLocation) -> VoxelMap {
        let [(sin_i, cos_i), (sin_j, cos_j), (sin_k, cos_k)] =
            self.degrees.map(|degrees| degrees.to_radians().sin_cos());
        let rotation = [
            [cos_k * cos_j, cos_k * sin_j * sin_i - sin_k * cos_i, cos_k * sin_j * cos_i + sin_k * sin_i],
            [sin_k * cos_j, sin_k * sin_j * sin_i + cos_k * cos_i, sin_k * sin_j * cos_i - cos_k * sin_i],
            [-sin_j, cos_j * sin_i, cos_j * cos_i],
        ];
        let matrix = rotation.map(|row| std::array::from_fn(|axis| row[axis] * self.scale[axis]));
        let center = at.shape.map(|n| (n as f64 - 1.0) / 2.0);
        VoxelMap::about(matrix, center, std::array::from_fn(|axis| at.start[axis] as f64 + center[axis]))
    }
}

impl Spatial {
    /// What happens to one patch of this shape.
    #[must_use]
    pub fn draw(&self, shape: [usize; 3], rng: &mut SampleRng) -> SpatialDraw {
        let across = self.slicewise.axis(shape);
        let mut draw = SpatialDraw::IDENTITY;
        if rng.random_bool(f64::from(self.rotation_p)) {
            draw.degrees =
                self.rotation.limits(shape, across).map(|limit| f64::from(rng.random_range(-limit..=limit)));
        }
        if rng.random_bool(f64::from(self.scale_p)) {
            let scale = f64::from(self.scale.draw(rng));
            draw.scale = std::array::from_fn(|axis| if across == Some(axis) { 1.0 } else { scale });
        }
        draw
    }

    /// The patch `at` of a scan under this draw.
    #[must_use]
    pub fn apply_drawn(&self, scan: &Sample, at: &PatchLocation, draw: &SpatialDraw) -> Sample {
        if *draw == SpatialDraw::IDENTITY {
            return scan.cut(at);
        }
        let (from, to, map) = (scan.image.shape(), at.shape, draw.map(at));
        let inside = map.inside(to, from);
        let affine = scan.image.affine().moved(at.start.map(|n| n as f64), [1.0; 3]);

        let mut image = Array4::zeros((scan.image.n_channels(), to[0], to[1], to[2]));
        let channels = scan.image.as_slice().chunks_exact(from.iter().product());
        for (source, mut out) in channels.zip(image.outer_iter_mut()) {
            // The channel's minimum costs a pass over the scan: only patches that reach over the border pay it.
            let fill = if inside { 0.0 } else { self.fill.of(source) };
            let out = out.as_slice_mut().expect("a channel of a new array is in standard layout");
            gather(source, from, out, to, &map, self.image, fill);
        }
        let labels = scan.labels.as_ref().map(|labels| {
            let mut out = vec![0; at.n_voxels()];
            gather_labels(labels.as_slice(), from, &mut out, to, &map, self.labels);
            let data = Array3::from_shape_vec(to, out).expect("one label per voxel");
            LabelMap::new(data, affine).expect("a patch holds voxels")
        });
        Sample {
            id: scan.id.clone(),
            image: Volume::new(image, affine).expect("a patch holds voxels"),
            labels,
        }
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        self.rotation.check()?;
        check_probability("rotation-p", self.rotation_p)?;
        self.scale.check("scale")?;
        check_probability("scale-p", self.scale_p)
    }
}

impl Transform for Spatial {
    fn apply(&self, sample: Sample, rng: &mut SampleRng) -> Sample {
        let draw = self.draw(sample.image.shape(), rng);
        if draw == SpatialDraw::IDENTITY {
            return sample;
        }
        self.apply_drawn(&sample, &PatchLocation::whole(sample.image.shape()), &draw)
    }

    fn apply_at(&self, scan: &Sample, at: &PatchLocation, rng: &mut SampleRng) -> Sample {
        self.apply_drawn(scan, at, &self.draw(at.shape, rng))
    }
}
