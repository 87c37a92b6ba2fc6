//! Where training looks.

use std::fmt::Debug;

use crate::{PatchLocation, Sample, SampleRng};

/// The place of a patch in its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPlace {
    /// Patches of the batch before it.
    pub idx: usize,
    /// Patches of the batch.
    pub of: usize,
}

/// Chooses the patches of one visit to a case.
///
/// All randomness comes from `rng`. All locations have one shape; they may reach over the image's border. No location
/// at all means that the case has nothing to offer, and it is passed over.
pub trait PatchSampler: Debug + Send + Sync {
    /// The patches of one visit, in their order.
    fn locations(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation>;

    /// As [`locations`](Self::locations), for a sampler of one patch per visit that composes a batch: `place` is where
    /// the patch comes to stand when no case is passed over.
    fn locations_at(&self, sample: &Sample, place: BatchPlace, rng: &mut SampleRng) -> Vec<PatchLocation> {
        let _ = place;
        self.locations(sample, rng)
    }
}
