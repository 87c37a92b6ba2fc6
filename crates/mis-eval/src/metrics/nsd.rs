//! How much of both surfaces is within a tolerance of the other.

use anyhow::{Result, ensure};
use mis_core::LabelMap;

use crate::metrics::policy::Masks;
use crate::metrics::surface_score::{Surface, comparison};
use crate::{About, Better, Comparison, Metric, Policy};

/// Normalized surface distance, also called surface Dice: the part of both surfaces that is no farther than a tolerance
/// from the other, from 0 to 1 (Nikolov et al. 2018).
///
/// The tolerance is what experts differ by, in mm. Under `deepmind` pieces of surface count by their area, else edge
/// voxels are counted, as MONAI does. Under all policies undefined where both masks are empty and 0 where one is;
/// undefined for background, which ends where the scan does. Its name holds the tolerance: `nsd_2mm`.
#[derive(Clone, Debug, PartialEq)]
pub struct Nsd {
    tolerance: f64,
    policy: Policy,
    name: String,
}

impl Nsd {
    /// The metric for a tolerance in mm; refused where it is negative or no number.
    pub fn new(tolerance: f64, policy: Policy) -> Result<Self> {
        ensure!(
            tolerance.is_finite() && tolerance >= 0.0,
            "nsd: tolerance must be 0 mm or more, got {tolerance}"
        );
        Ok(Self { tolerance, policy, name: format!("nsd_{tolerance}mm") })
    }

    /// How far a piece of surface may be from the other, in mm.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }
}

impl Metric for Nsd {
    fn name(&self) -> &str {
        &self.name
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        self.score_shared(&comparison(prediction, truth), class)
    }

    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        let within = |distance: f64| distance <= self.tolerance;
        match Masks::of(&case.counts()[class as usize]) {
            _ if class == 0 => None,
            Masks::BothEmpty => None,
            Masks::TruthEmpty | Masks::PredictionEmpty => Some(0.0),
            Masks::BothFull => Surface::of(case, class, self.policy).map(|surface| match surface {
                Surface::Edges(edges) => {
                    let both = [&edges.to_truth, &edges.to_prediction];
                    // Sorted: all that are within come first.
                    let n_within: usize =
                        both.iter().map(|distances| distances.partition_point(|&d| within(d))).sum();
                    n_within as f64 / both.iter().map(|distances| distances.len()).sum::<usize>() as f64
                }
                Surface::Areas(areas) => {
                    let both = [&areas.to_truth, &areas.to_prediction];
                    let pieces = both.iter().flat_map(|pieces| pieces.iter());
                    let (part, whole) = pieces.fold((0.0, 0.0), |(part, whole), &(distance, area)| {
                        (part + if within(distance) { area } else { 0.0 }, whole + area)
                    });
                    part / whole
                }
            }),
        }
    }

    fn about(&self) -> About {
        let Self { tolerance, policy, .. } = self;
        let how = if policy.weighs_by_area() { "by area" } else { "edge voxels counted" };
        let convention = format!(
            "policy {policy}: part of both surfaces within {tolerance} mm of the other, {how}; undefined where both \
             masks are empty, 0 where one is"
        );
        About { unit: String::new(), better: Better::High, convention }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::row;

    #[test]
    fn the_tolerance_itself_is_within() {
        // To the truth: 0, 3 and 4; to the prediction: 0.
        let (prediction, truth) = (row(&[1, 0, 0, 1, 1]), row(&[1, 0, 0, 0, 0]));
        let nsd = |tolerance| Nsd::new(tolerance, Policy::NnUnet).unwrap().score(&prediction, &truth, 1);
        assert_eq!(nsd(0.0), Some(2.0 / 4.0));
        assert_eq!(nsd(3.0), Some(3.0 / 4.0));
        assert_eq!(nsd(2.99), Some(2.0 / 4.0));
        assert_eq!(nsd(4.0), Some(1.0));
    }

    #[test]
    fn its_name_says_the_tolerance_and_a_negative_one_is_refused() {
        assert_eq!(Nsd::new(2.0, Policy::NnUnet).unwrap().name(), "nsd_2mm");
        assert_eq!(Nsd::new(0.5, Policy::NnUnet).unwrap().name(), "nsd_0.5mm");
        let error = Nsd::new(-1.0, Policy::NnUnet).unwrap_err().to_string();
        assert_eq!(error, "nsd: tolerance must be 0 mm or more, got -1");
    }
}
