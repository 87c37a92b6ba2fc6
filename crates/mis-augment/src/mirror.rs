//! Left and right exchanged.

use mis_core::{Sample, SampleRng, Transform};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

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
    pub fn apply_drawn(mut sample: Sample, mirrored: [bool; 3]) -> Sample {
        let [n_i, n_j, n_k] = sample.image.shape();
        // For each axis the voxels between neighbors along it.
        for (axis, (extent, stride)) in [(n_i, n_j * n_k), (n_j, n_k), (n_k, 1)].into_iter().enumerate() {
            if mirrored[axis] {
                reverse(sample.image.as_slice_mut(), extent, stride);
                if let Some(labels) = &mut sample.labels {
                    reverse(labels.as_slice_mut(), extent, stride);
                }
            }
        }
        sample
    }
}

impl Transform for Mirror {
    fn apply(&self, sample: Sample, rng: &mut SampleRng) -> Sample {
        Self::apply_drawn(sample, self.draw(rng))
    }
}

/// Reverses each run of `extent` blocks of `stride` values.
fn reverse<T>(values: &mut [T], extent: usize, stride: usize) {
    for run in values.chunks_exact_mut(extent * stride) {
        if stride == 1 {
            run.reverse();
            continue;
        }
        let (low, high) = run.split_at_mut(extent / 2 * stride);
        for (a, b) in low.chunks_exact_mut(stride).zip(high.chunks_exact_mut(stride).rev()) {
            a.swap_with_slice(b);
        }
    }
}
