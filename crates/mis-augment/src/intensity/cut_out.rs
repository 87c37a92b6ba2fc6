//! Parts hidden.

use anyhow::{Result, ensure};
use mis_core::interpolation::Fill;
use mis_core::{PatchLocation, Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::factor::uniform;
use crate::told::transform_by_draw;

/// Hides boxes of the image, in all channels (DeVries & Taylor 2017); the labels stay, so that a network learns from
/// what is around.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct CutOut {
    /// Lowest and highest number of boxes.
    pub n_boxes: [u32; 2],
    /// Lowest and highest side of a box, as a share of the patch's; drawn for each axis.
    pub size: [f32; 2],
    /// What is seen instead.
    pub fill: Fill,
}

impl Default for CutOut {
    fn default() -> Self {
        Self { n_boxes: [1, 3], size: [0.1, 0.3], fill: Fill::Minimum }
    }
}

impl CutOut {
    /// The boxes, all within the patch.
    #[must_use]
    pub fn draw(&self, shape: [usize; 3], rng: &mut SampleRng) -> Vec<PatchLocation> {
        let n = rng.random_range(self.n_boxes[0]..=self.n_boxes[1]);
        (0..n)
            .map(|_| {
                let size = shape.map(|n| {
                    let share = uniform(self.size, rng);
                    ((n as f32 * share).round_ties_even() as usize).clamp(1, n)
                });
                let start = std::array::from_fn(|axis| {
                    rng.random_range(0..=(shape[axis] - size[axis]) as u64) as isize
                });
                PatchLocation { start, shape: size }
            })
            .collect()
    }

    /// The sample with these boxes hidden.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, boxes: &[PatchLocation]) -> Sample {
        let shape = sample.image.shape();
        for channel in sample.image.as_slice_mut().chunks_exact_mut(shape.iter().product()) {
            let fill = self.fill.of(channel);
            for hidden in boxes {
                let [(_, i), (_, j), (_, k)] = std::array::from_fn(|axis| hidden.overlap(axis, shape[axis]));
                for i in i {
                    for j in j.clone() {
                        channel[(i * shape[1] + j) * shape[2]..][k.clone()].fill(fill);
                    }
                }
            }
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        let ([fewest, most], [smallest, largest]) = (self.n_boxes, self.size);
        ensure!(fewest <= most, "n-boxes must go from a lower to a higher number, got {:?}", self.n_boxes);
        ensure!(
            0.0 < smallest && smallest <= largest && largest <= 1.0,
            "size must go from a lower to a higher share above 0 and up to 1, got {:?}",
            self.size
        );
        Ok(())
    }
}

transform_by_draw!(CutOut, "cut-out", |this, sample, rng| this.draw(sample.image.shape(), rng));
