//! Turned, nearer or farther, sheared, bent and shifted: every change of place in one.

use anyhow::{Result, ensure};
use mis_core::interpolation::{Fill, LabelOrder, Order};
use mis_core::{PatchLocation, Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::factor::check_probability;
use crate::told::{Tell, Told, transform_by_tell};
use crate::{Elastic, Factor, Outside, Rotation, ScaleAxes, Slicewise, SpatialDraw};

/// Rotates, scales, shears, bends and shifts about the patch's center, in one coordinate map and one interpolation.
///
/// A patch of a scan is read from the scan, so that its corners hold what lies there; only beyond the scan is `fill`,
/// and `outside` in the labels. A draw that changes nothing, or shifts alone, is a plain patch, to the bit. All is in
/// voxels, as in nnU-Net and MIScnn, not in millimetres. The patch's lattice stays as it was: it is the anatomy that
/// moves.
///
/// A voxel at `p` from the center gets the value at `R_k·R_j·R_i·H·S·(p + e(p)) + t`: `S` scales, `H` shears, `R` are
/// right-handed rotations about each axis, `e` is the elastic field and `t` the shift. A scale above 1 makes things
/// smaller. The default is nnU-Net's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spatial {
    /// How far it turns.
    pub rotation: Rotation,
    /// The probability that it turns.
    pub rotation_p: f32,
    /// The scale.
    pub scale: Factor,
    /// Whether all axes have one scale.
    pub scale_axes: ScaleAxes,
    /// The probability that it is scaled, whether or not it turns.
    pub scale_p: f32,
    /// The largest angle by which an axis leans towards a later one, in degrees; uniform to either side.
    pub shear: f32,
    /// The probability that it is sheared.
    pub shear_p: f32,
    /// How it bends.
    pub elastic: Elastic,
    /// The probability that it bends.
    pub elastic_p: f32,
    /// The largest shift along i, j and k, in whole voxels; uniform to either side.
    pub shift: [u32; 3],
    /// The probability that it is shifted.
    pub shift_p: f32,
    /// When it moves slice by slice.
    pub slicewise: Slicewise,
    /// How the image is interpolated.
    pub image: Order,
    /// How the labels are interpolated.
    pub labels: LabelOrder,
    /// The image's value beyond the scan.
    pub fill: Fill,
    /// The labels beyond the scan.
    pub outside: Outside,
}

impl Default for Spatial {
    fn default() -> Self {
        Self {
            rotation: Rotation::ByShape,
            rotation_p: 0.2,
            scale: Factor::Uniform([0.7, 1.4]),
            scale_axes: ScaleAxes::Together,
            scale_p: 0.2,
            shear: 10.0,
            shear_p: 0.0,
            elastic: Elastic::default(),
            elastic_p: 0.0,
            shift: [0; 3],
            shift_p: 0.0,
            slicewise: Slicewise::default(),
            image: Order::Linear,
            labels: LabelOrder::OneHotLinear,
            fill: Fill::Minimum,
            outside: Outside::Background,
        }
    }
}

impl Spatial {
    /// What happens to one patch of this shape.
    #[must_use]
    pub fn draw(&self, shape: [usize; 3], rng: &mut SampleRng) -> SpatialDraw {
        let across = self.slicewise.axis(shape);
        let mut draw = SpatialDraw::IDENTITY;
        let happens = |p: f32, rng: &mut SampleRng| p > 0.0 && rng.random_bool(f64::from(p));
        if happens(self.rotation_p, rng) {
            draw.degrees =
                self.rotation.limits(shape, across).map(|limit| f64::from(rng.random_range(-limit..=limit)));
        }
        if happens(self.scale_p, rng) {
            let one = f64::from(self.scale.draw(rng));
            draw.scale = std::array::from_fn(|axis| match self.scale_axes {
                _ if across == Some(axis) => 1.0,
                ScaleAxes::Each if axis > 0 => f64::from(self.scale.draw(rng)),
                _ => one,
            });
        }
        if happens(self.shear_p, rng) {
            // Of j towards k, of i towards k, of i towards j: each leaves one axis out.
            draw.shear = std::array::from_fn(|without| {
                let angle = f64::from(rng.random_range(-self.shear..=self.shear));
                if across.is_none_or(|across| across == without) { angle } else { 0.0 }
            });
        }
        if happens(self.elastic_p, rng) {
            draw.elastic = Some(self.elastic.draw(rng));
        }
        if happens(self.shift_p, rng) {
            draw.shift =
                self.shift.map(|limit| rng.random_range(-i64::from(limit)..=i64::from(limit)) as isize);
        }
        draw
    }

    /// The patch `at` of a scan under this draw.
    #[must_use]
    pub fn apply_drawn(&self, scan: &Sample, at: &PatchLocation, draw: &SpatialDraw) -> Sample {
        draw.read(scan, at, self)
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        self.rotation.check()?;
        check_probability("rotation-p", self.rotation_p)?;
        self.scale.check("scale")?;
        check_probability("scale-p", self.scale_p)?;
        ensure!(
            (0.0..=45.0).contains(&self.shear),
            "shear must lie between 0 and 45 degrees, got {}",
            self.shear
        );
        check_probability("shear-p", self.shear_p)?;
        self.elastic.check()?;
        check_probability("elastic-p", self.elastic_p)?;
        check_probability("shift-p", self.shift_p)
    }
}

impl Tell for Spatial {
    fn apply_told(&self, sample: Sample, rng: &mut SampleRng, told: &mut Told) -> Sample {
        let draw = self.draw(sample.image.shape(), rng);
        if draw == SpatialDraw::IDENTITY {
            return sample;
        }
        told.add("spatial", &draw);
        self.apply_drawn(&sample, &PatchLocation::whole(sample.image.shape()), &draw)
    }

    fn apply_at_told(
        &self,
        scan: &Sample,
        at: &PatchLocation,
        rng: &mut SampleRng,
        told: &mut Told,
    ) -> Sample {
        let draw = self.draw(at.shape, rng);
        if draw != SpatialDraw::IDENTITY {
            told.add("spatial", &draw);
        }
        self.apply_drawn(scan, at, &draw)
    }
}

transform_by_tell!(Spatial);
