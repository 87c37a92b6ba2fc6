//! What a network takes in memory.

use anyhow::Result;
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, Batch, LabelMap, Sample, Volume};
use mis_models::tch::Device;
use mis_models::{Model, ModelSpec};
use mis_patch::{MergeWeights, PatchGrid};
use mis_train::{SlidingWindow, Trainer, predict};

use super::machine;
use crate::Experiment;

/// The memory that a network takes: what it always takes, and so much for each voxel of a batch.
///
/// It is measured, so that it holds for networks and losses of one's own: the network is shown two small patches, in the
/// mode and precision of the run, and what the process then holds more than before, beside weights and their moments, is
/// for their voxels. Where the system does not tell a process's memory, there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetworkCost {
    fixed: u64,
    per_voxel: f64,
    divisor: [usize; 3],
}

/// Voxels of a patch that is shown, about: enough that the maps of a network outweigh what else moves in a process.
const SHOWN: usize = 1 << 16;

/// What a process comes to hold over many steps, of what it holds after two: memory is not given back, and its pieces fit
/// each other less and less.
const GROWTH: f64 = 1.3;

/// What libtorch makes once, in bytes: its threads and compiled kernels. Twice what is usual, since on a busy machine a
/// small prediction was seen to take more.
const MADE_ONCE: u64 = 48 << 20;

impl NetworkCost {
    /// A step of training on the CPU.
    pub(crate) fn of_training(experiment: &Experiment, spec: ModelSpec) -> Result<Option<Self>> {
        let Some(before) = machine::held() else { return Ok(None) };
        let mut model = Model::build(&experiment.model, spec, Device::Cpu, experiment.seed)?;
        let (divisor, n_parameters) = (model.net.divisor(), model.n_parameters());
        let patch = small_patch(experiment.patches.size, divisor);
        let mut trainer = Trainer::new(&mut model, &experiment.loss, &experiment.train, experiment.seed)?;
        let affine = Affine::from_spacing([1.0; 3]);
        let [i, j, k] = patch;
        let image = Array4::from_shape_fn((spec.n_channels, i, j, k), |(_, i, j, k)| {
            ((i * 7 + j * 5 + k * 3) % 11) as f32 // a norm of one value everywhere is none
        });
        let sample = Sample {
            id: "shown".into(),
            image: Volume::new(image, affine)?,
            labels: Some(LabelMap::new(Array3::zeros(patch), affine)?),
        };
        let step = |n: usize| trainer.step(&Batch::stack(&vec![sample.clone(); n])?, 0.0).map(drop);
        // Weights, their gradients, moments and average.
        let fixed = 20 * n_parameters as u64;
        Self::measured(before, fixed, patch, divisor, step)
    }

    /// A forward pass of prediction on the CPU.
    pub(crate) fn of_prediction(model: &Model, window: &SlidingWindow) -> Result<Option<Self>> {
        let Some(before) = machine::held() else { return Ok(None) };
        let divisor = model.net.divisor();
        let patch = small_patch(window.grid.patch_size, divisor);
        let show = |n: usize| {
            let [i, j, k] = patch;
            let image = Volume::new(
                Array4::zeros((model.spec.n_channels, n * i, j, k)),
                Affine::from_spacing([1.0; 3]),
            )?;
            let grid = PatchGrid { patch_size: patch, overlap: [0; 3] };
            let merge = MergeWeights::Mean;
            predict(model, &image, &SlidingWindow { grid, merge, batch_size: n, ..window.clone() }).map(drop)
        };
        Self::measured(before, 0, patch, divisor, show)
    }

    fn measured(
        before: u64,
        fixed: u64,
        patch: [usize; 3],
        divisor: [usize; 3],
        mut show: impl FnMut(usize) -> Result<()>,
    ) -> Result<Option<Self>> {
        if machine::forget_peak().is_none() {
            return Ok(None);
        }
        // The first time also makes what is kept for the second, such as moments.
        show(2)?;
        show(2)?;
        Ok(machine::peak().map(|peak| {
            let n_voxels = 2.0 * patch.iter().product::<usize>() as f64;
            let maps = peak.saturating_sub(before + fixed);
            Self { fixed: fixed + MADE_ONCE, per_voxel: GROWTH * maps as f64 / n_voxels, divisor }
        }))
    }

    /// Bytes for batches of so many patches.
    pub(crate) fn bytes(&self, patch_size: [usize; 3], batch_size: usize) -> u64 {
        let n_voxels = patch_size.iter().product::<usize>() * batch_size;
        self.fixed + (self.per_voxel * n_voxels as f64) as u64
    }

    /// The patch nearest to this one that `fits`: its longest sides, in steps of what the network halves, are made
    /// shorter one step at a time. None where no patch does.
    pub(crate) fn fitting_patch(
        &self,
        mut patch_size: [usize; 3],
        fits: impl Fn([usize; 3]) -> bool,
    ) -> Option<[usize; 3]> {
        while !fits(patch_size) {
            let steps = |axis: usize| patch_size[axis] / self.divisor[axis];
            let longest = (0..3).max_by_key(|&axis| steps(axis))?;
            if steps(longest) < 2 {
                return None;
            }
            patch_size[longest] -= self.divisor[longest];
        }
        Some(patch_size)
    }
}

/// A patch of about [`SHOWN`] voxels at least that the network can take, or the patch itself. At the coarsest level it
/// has two voxels, since a norm over one is none.
fn small_patch(mut patch: [usize; 3], divisor: [usize; 3]) -> [usize; 3] {
    loop {
        let steps: [usize; 3] = std::array::from_fn(|axis| patch[axis] / divisor[axis]);
        let longest = (0..3).max_by_key(|&axis| steps[axis]).unwrap_or(0);
        let shorter = steps[longest].div_ceil(2);
        let mut next = patch;
        next[longest] = shorter * divisor[longest];
        let n_steps: usize = steps.iter().product::<usize>() / steps[longest] * shorter;
        if n_steps < 2 || next == patch || next.iter().product::<usize>() < SHOWN {
            return patch;
        }
        patch = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patch_that_is_shown_is_small_and_one_that_the_network_takes() {
        assert_eq!(small_patch([80, 160, 160], [16; 3]), [48, 48, 32]);
        assert_eq!(small_patch([64, 64, 64], [32; 3]), [64, 32, 32]);
        assert_eq!(small_patch([8, 16, 16], [4; 3]), [8, 16, 16]);
        assert_eq!(small_patch([512, 512, 1], [16, 16, 1]), [256, 256, 1]);
    }

    #[test]
    fn the_nearest_patch_that_fits_keeps_its_shape_about() {
        let cost = NetworkCost { fixed: 1000, per_voxel: 10.0, divisor: [8; 3] };
        assert_eq!(cost.bytes([8; 3], 2), 1000 + 10 * 2 * 512);
        let nearest = |n_voxels: usize| {
            cost.fitting_patch([64, 32, 32], |patch| patch.iter().product::<usize>() <= n_voxels)
        };
        assert_eq!(nearest(1 << 16), Some([64, 32, 32]));
        assert_eq!(nearest(40 << 10), Some([40, 32, 32]));
        assert_eq!(nearest(20 << 10), Some([32, 24, 24]));
        assert_eq!(nearest(511), None);
    }
}
