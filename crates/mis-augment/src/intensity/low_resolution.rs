//! As from a coarser scanner.

use anyhow::{Result, ensure};
use mis_core::interpolation::{Order, resize};
use mis_core::{Sample, SampleRng};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::Slicewise;
use crate::factor::{check_probability, check_range, uniform};
use crate::told::transform_by_draw;

/// Makes channels look as if scanned at a lower resolution: coarser by the nearest voxel, finer again linearly.
///
/// By default nnU-Net's: half to full resolution, each channel in half of the draws, slice by slice in flat patches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct LowResolution {
    /// Lowest and highest share of the voxels kept along an axis, up to 1; the same for all axes.
    pub scale: [f32; 2],
    /// The probability that a channel is treated.
    pub channel_p: f32,
    /// When the axis across the slices is left alone.
    pub slicewise: Slicewise,
}

impl Default for LowResolution {
    fn default() -> Self {
        Self { scale: [0.5, 1.0], channel_p: 0.5, slicewise: Slicewise::default() }
    }
}

impl LowResolution {
    /// For each channel the share of voxels kept along an axis, or none where it stays.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<Option<f32>> {
        (0..n_channels)
            .map(|_| rng.random_bool(f64::from(self.channel_p)).then(|| uniform(self.scale, rng)))
            .collect()
    }

    /// The sample at these resolutions, one for each channel.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, scales: &[Option<f32>]) -> Sample {
        let shape = sample.image.shape();
        let slice_axis = self.slicewise.axis(shape);
        let n: usize = shape.iter().product();
        for (channel, scale) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(scales) {
            let Some(scale) = scale else { continue };
            let coarse_shape: [usize; 3] = std::array::from_fn(|axis| {
                let n = shape[axis];
                if Some(axis) == slice_axis {
                    n
                } else {
                    ((n as f32 * scale).round_ties_even() as usize).max(1)
                }
            });
            let mut coarse = vec![0.0; coarse_shape.iter().product()];
            resize(channel, shape, &mut coarse, coarse_shape, Order::Nearest);
            resize(&coarse, coarse_shape, channel, shape, Order::Linear);
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        check_range("scale", self.scale)?;
        ensure!(
            self.scale[0] > 0.0 && self.scale[1] <= 1.0,
            "scale must lie above 0 and up to 1, got {:?}",
            self.scale
        );
        check_probability("channel-p", self.channel_p)
    }
}

transform_by_draw!(LowResolution, "low-resolution", |this, sample, rng| this
    .draw(sample.image.n_channels(), rng));
