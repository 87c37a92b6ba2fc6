//! Where training looks.

use std::fmt::Debug;

use crate::{PatchLocation, Sample, SampleRng};

/// Chooses the patches of one visit to a case.
///
/// All randomness comes from `rng`. All locations have one shape; they may reach over the image's border. No location
/// at all means that the case has nothing to offer, and it is passed over.
pub trait PatchSampler: Debug + Send + Sync {
    /// The patches of one visit, in their order.
    fn locations(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation>;
}
