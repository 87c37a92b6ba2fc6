//! Left and right exchanged.

use anyhow::{Result, ensure};
use mis_core::{Sample, SampleRng, Volume};
use rand::Rng as _;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::told::transform_by_draw;

/// Mirrors image and labels along each axis in half of the draws, independently.
///
/// Voxels change their places and nothing else; the lattice stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mirror {
    /// Which of i, j and k it may be; all by default.
    pub axes: [bool; 3],
}

impl Default for Mirror {
    fn default() -> Self {
        Self { axes: [true; 3] }
    }
}

impl Mirror {
    /// Along which of i, j and k this patch is mirrored.
    #[must_use]
    pub fn draw(&self, rng: &mut SampleRng) -> [bool; 3] {
        self.axes.map(|allowed| allowed && rng.random_bool(0.5))
    }

    /// The sample mirrored along these axes. Done twice, it is as before.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, mirrored: &[bool; 3]) -> Sample {
        mirror(&mut sample.image, *mirrored);
        if let Some(labels) = &mut sample.labels {
            let shape = labels.shape();
            reverse(labels.as_slice_mut(), shape, *mirrored);
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        ensure!(self.axes.contains(&true), "axes must allow at least one of i, j and k, got {:?}", self.axes);
        Ok(())
    }
}

transform_by_draw!(Mirror, "mirror", |this, _sample, rng| this.draw(rng));

/// Mirrors all channels of a volume along these of i, j and k. Done twice, it is as before, to the bit.
pub fn mirror(volume: &mut Volume, mirrored: [bool; 3]) {
    let shape = volume.shape();
    for channel in volume.as_slice_mut().chunks_exact_mut(shape.iter().product()) {
        reverse(channel, shape, mirrored);
    }
}

fn reverse<T: Send>(values: &mut [T], [n_i, n_j, n_k]: [usize; 3], [along_i, along_j, along_k]: [bool; 3]) {
    let n_plane = n_j * n_k;
    if along_i {
        let (low, high) = values.split_at_mut(n_i / 2 * n_plane);
        let high = high.par_chunks_exact_mut(n_plane).rev();
        low.par_chunks_exact_mut(n_plane).zip(high).for_each(|(a, b)| a.swap_with_slice(b));
    }
    match (along_j, along_k) {
        (false, false) => {}
        // Both at once is the whole plane backwards.
        (true, true) => values.par_chunks_exact_mut(n_plane).for_each(<[T]>::reverse),
        (false, true) => values.par_chunks_exact_mut(n_k).with_min_len(64).for_each(<[T]>::reverse),
        (true, false) => values.par_chunks_exact_mut(n_plane).for_each(|plane| {
            let (low, high) = plane.split_at_mut(n_j / 2 * n_k);
            for (a, b) in low.chunks_exact_mut(n_k).zip(high.chunks_exact_mut(n_k).rev()) {
                a.swap_with_slice(b);
            }
        }),
    }
}
