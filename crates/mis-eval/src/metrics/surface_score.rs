//! What scores of surface distances share.

use mis_core::LabelMap;

use crate::metrics::policy::{Distance, Masks};
use crate::metrics::surface_distances::diagonal;
use crate::{About, Better, Comparison, Policy, SurfaceAreas, SurfaceDistances};

/// The surfaces of both masks as a policy sees them.
pub(crate) enum Surface<'a> {
    /// Edge voxels, each counted once.
    Edges(&'a SurfaceDistances),
    /// Pieces between voxels, by their area.
    Areas(&'a SurfaceAreas),
}

impl<'a> Surface<'a> {
    /// None where a mask is empty.
    pub(crate) fn of(case: &'a Comparison<'_>, class: u8, policy: Policy) -> Option<Self> {
        if policy.weighs_by_area() {
            case.areas(class).map(Self::Areas)
        } else {
            case.distances(class).map(Self::Edges)
        }
    }

    pub(crate) fn about(policy: Policy) -> &'static str {
        if policy.weighs_by_area() { "surface between voxels" } else { "edge voxels" }
    }
}

/// Both label maps side by side, for a metric that is asked alone.
pub(crate) fn comparison<'a>(prediction: &'a LabelMap, truth: &'a LabelMap) -> Comparison<'a> {
    Comparison::new(prediction, truth, 256).expect("prediction and truth lie on one lattice")
}

/// A distance, with the policy's answer for empty masks. Background has none: what is around the organs ends where the
/// scan does.
pub(crate) fn surface_score(
    case: &Comparison<'_>,
    class: u8,
    policy: Policy,
    distance: Distance,
    score: impl FnOnce(Surface<'_>) -> f64,
) -> Option<f64> {
    if class == 0 {
        return None;
    }
    let masks = Masks::of(&case.counts()[class as usize]);
    match policy.empty_distance(distance, masks, diagonal(case.truth())) {
        Some(of_empty) => of_empty,
        None => Surface::of(case, class, policy).map(score),
    }
}

/// How to read a distance.
pub(crate) fn about(policy: Policy, distance: Distance, how: &str) -> About {
    let (surface, empty) = (Surface::about(policy), policy.about_distance(distance));
    let convention = format!("policy {policy}: {surface}, {how}; {empty}");
    About { unit: "mm".into(), better: Better::Low, convention }
}
