//! Random changes of training patches.

use std::fmt::Debug;

use crate::{PatchLocation, Sample, SampleRng};

/// A random change of image and labels together, as seen at training.
///
/// All randomness comes from `rng`. The shape stays; labels never take a new class.
pub trait Transform: Debug + Send + Sync {
    /// The sample after one draw.
    fn apply(&self, sample: Sample, rng: &mut SampleRng) -> Sample;

    /// The patch `at` of a scan after one draw. Transforms that move voxels read what they need from around the patch,
    /// so that a rotated patch has no dark corners.
    fn apply_at(&self, scan: &Sample, at: &PatchLocation, rng: &mut SampleRng) -> Sample {
        self.apply(scan.cut(at), rng)
    }
}
