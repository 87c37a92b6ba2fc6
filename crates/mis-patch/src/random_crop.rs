//! Training patches at random places.

use mis_core::{PatchLocation, PatchSampler, Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

/// One patch per visit, uniformly among all that lie inside the scan; along an axis where the scan is smaller than the
/// patch, uniformly among all that hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomCrop {
    /// Voxels of a patch along i, j and k.
    pub patch_size: [usize; 3],
}

impl RandomCrop {
    /// A patch of an image of this shape.
    pub(crate) fn draw(&self, image: [usize; 3], rng: &mut SampleRng) -> PatchLocation {
        let start = std::array::from_fn(|axis| {
            let room = image[axis] as isize - self.patch_size[axis] as isize;
            rng.random_range(room.min(0) as i64..=room.max(0) as i64) as isize
        });
        PatchLocation { start, shape: self.patch_size }
    }
}

impl PatchSampler for RandomCrop {
    fn locations(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation> {
        vec![self.draw(sample.image.shape(), rng)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume, ndarray::Array4, sample_rng};

    #[test]
    fn crops_reach_every_place_and_none_beyond() {
        let image = Volume::new(Array4::zeros((1, 10, 3, 5)), Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "scan".into(), image, labels: None };
        let mut seen = [[0_u32; 11]; 3];
        for index in 0..1000 {
            let at = RandomCrop { patch_size: [6, 5, 5] }.locations(&sample, &mut sample_rng(1, 0, index))[0];
            for axis in 0..3 {
                seen[axis][(at.start[axis] + 5) as usize] += 1;
            }
        }
        let places =
            |axis: usize| -> Vec<isize> { (-5..6).filter(|&at| seen[axis][(at + 5) as usize] > 0).collect() };
        assert_eq!(places(0), [0, 1, 2, 3, 4]); // inside the scan of 10
        assert_eq!(places(1), [-2, -1, 0]); // holding the scan of 3
        assert_eq!(places(2), [0]);
    }
}
