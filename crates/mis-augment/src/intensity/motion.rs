//! A patient who moves during the scan.

use anyhow::{Result, ensure};
use mis_core::interpolation::{Fill, Order, gather};
use mis_core::{PatchLocation, Sample, SampleRng};
use ndarray::{Array3, ArrayView3};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use super::k_space::{frequencies, long_axes, weighted};
use crate::told::transform_by_draw;
use crate::{Slicewise, SpatialDraw};

/// The traces of sudden movements during an MR scan (Shaw et al. 2019, as in TorchIO).
///
/// The scanner takes the lines of k-space along an axis from the lowest to the highest frequency. At each movement the
/// patient turns and shifts, and the lines that follow are of the moved image (linear interpolation, the channel's
/// minimum beyond the patch). Movements come in the second half, so that the image's coarse form, and so its labels,
/// stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Motion {
    /// Fewest and most movements.
    pub n_movements: [u32; 2],
    /// The largest angle about each axis, in degrees; uniform to either side.
    pub degrees: f32,
    /// The largest shift along each axis, in voxels; uniform to either side.
    pub shift: f32,
    /// Along which of i, j and k lines are taken; all by default.
    pub axes: [bool; 3],
}

impl Default for Motion {
    fn default() -> Self {
        Self { n_movements: [1, 2], degrees: 10.0, shift: 10.0, axes: [true; 3] }
    }
}

/// One draw of [`Motion`].
#[derive(Clone, Debug, PartialEq)]
pub struct MotionDraw {
    /// The axis along which lines are taken, 0 for i.
    pub axis: usize,
    /// The movements in the order of their times.
    pub movements: Vec<Movement>,
}

/// A position that the patient takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Movement {
    /// When, from 0.5 for the middle of the scan to 1 for its end.
    pub time: f32,
    /// Angles about i, j and k, in degrees.
    pub degrees: [f64; 3],
    /// Shifts along i, j and k, in voxels.
    pub shift: [f64; 3],
}

impl Motion {
    /// The movements during one patch; none where it is one voxel.
    #[must_use]
    pub fn draw(&self, shape: [usize; 3], rng: &mut SampleRng) -> Option<MotionDraw> {
        let axes = long_axes(shape, self.axes);
        let which = rng.random_range(0..axes.len().max(1) as u64) as usize;
        // A slice moves within its plane.
        let across = Slicewise::Never.axis(shape);
        let n = rng.random_range(self.n_movements[0]..=self.n_movements[1]);
        let mut movements: Vec<_> = (0..n)
            .map(|_| Movement {
                time: rng.random_range(0.5..1.0),
                degrees: std::array::from_fn(|axis| match across {
                    Some(across) if across != axis => 0.0,
                    _ => f64::from(rng.random_range(-self.degrees..=self.degrees)),
                }),
                shift: std::array::from_fn(|axis| match across {
                    Some(across) if across == axis => 0.0,
                    _ => f64::from(rng.random_range(-self.shift..=self.shift)),
                }),
            })
            .collect();
        movements.sort_by(|a, b| a.time.total_cmp(&b.time));
        axes.get(which).map(|&axis| MotionDraw { axis, movements })
    }

    /// The sample as it is scanned during these movements.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, draw: &Option<MotionDraw>) -> Sample {
        let Some(MotionDraw { axis, movements }) = draw else { return sample };
        let (axis, shape) = (*axis, sample.image.shape());
        // When each line is taken; one position after the other has those from its time on.
        let n = shape[axis] as f32;
        let times: Vec<f32> = frequencies(shape[axis]).map(|f| (f as f32 + (n / 2.0).floor()) / n).collect();
        let ends = movements.iter().map(|movement| movement.time).chain([f32::INFINITY]);
        let starts = std::iter::once(f32::NEG_INFINITY).chain(movements.iter().map(|movement| movement.time));
        let weights: Vec<Vec<f32>> = starts
            .zip(ends)
            .map(|(start, end)| {
                times.iter().map(|&time| f32::from(u8::from(start <= time && time < end))).collect()
            })
            .collect();
        for channel in sample.image.as_slice_mut().chunks_exact_mut(shape.iter().product()) {
            let mut scanned = seen(channel, shape, axis, &weights[0]);
            let fill = Fill::Minimum.of(channel);
            let mut moved = vec![0.0; channel.len()];
            for (movement, weights) in movements.iter().zip(&weights[1..]) {
                let turned = SpatialDraw { degrees: movement.degrees, ..SpatialDraw::IDENTITY };
                let mut map = turned.map(&PatchLocation::whole(shape));
                for axis in 0..3 {
                    map.offset[axis] += movement.shift[axis];
                }
                gather(channel, shape, &mut moved, shape, &map, Order::Linear, fill);
                scanned += &seen(&moved, shape, axis, weights);
            }
            channel.copy_from_slice(scanned.as_slice().expect("a new array is in standard layout"));
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        let [fewest, most] = self.n_movements;
        ensure!(
            fewest <= most,
            "n-movements must go from a lower to a higher number, got {:?}",
            self.n_movements
        );
        ensure!(
            (0.0..=180.0).contains(&self.degrees),
            "degrees must lie between 0 and 180, got {}",
            self.degrees
        );
        ensure!(
            self.shift >= 0.0 && self.shift.is_finite(),
            "shift must not be negative, got {}",
            self.shift
        );
        Ok(())
    }
}

/// What the lines of these weights see of an image.
fn seen(image: &[f32], shape: [usize; 3], axis: usize, weights: &[f32]) -> Array3<f32> {
    weighted(ArrayView3::from_shape(shape, image).expect("one value per voxel"), axis, weights)
}

transform_by_draw!(Motion, "motion", |this, sample, rng| this.draw(sample.image.shape(), rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume};
    use ndarray::Array4;

    fn bump() -> Sample {
        let bump = |at: usize| (-0.5 * ((at as f32 - 15.5) / 4.0).powi(2)).exp();
        let data = Array4::from_shape_fn((1, 32, 32, 32), |(_, i, j, k)| bump(i) * bump(j) * bump(k));
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        Sample { id: "a".into(), image, labels: None }
    }

    fn scanned(movements: Vec<Movement>) -> Vec<f32> {
        let draw = MotionDraw { axis: 1, movements };
        Motion::default().apply_drawn(bump(), &Some(draw)).image.as_slice().to_vec()
    }

    #[test]
    fn who_does_not_move_is_scanned_as_he_is() {
        let still = Movement { time: 0.6, degrees: [0.0; 3], shift: [0.0; 3] };
        for movements in [vec![], vec![still], vec![still, Movement { time: 0.8, ..still }]] {
            for (found, expected) in scanned(movements).iter().zip(bump().image.as_slice()) {
                assert!((found - expected).abs() < 1e-5); // rounding of the transforms
            }
        }
    }

    #[test]
    fn the_image_stays_in_its_place_and_gets_traces_beside_it() {
        let shift = [0.0, 8.0, 0.0];
        let found = scanned(vec![Movement { time: 0.55, degrees: [0.0; 3], shift }]);
        let before = bump();
        let differences = found.iter().zip(before.image.as_slice()).map(|(a, b)| (a - b).abs());
        assert!(differences.fold(0.0, f32::max) > 0.1, "there are traces");
        let brightest = (0..found.len()).max_by(|&a, &b| found[a].total_cmp(&found[b])).unwrap();
        let place = [brightest / 1024, brightest / 32 % 32, brightest % 32];
        assert!(place.iter().all(|at| (14..18).contains(at)), "the brightest voxel lies at {place:?}");
    }
}
