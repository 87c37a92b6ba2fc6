//! Whether each lesion was found.

use anyhow::{Result, ensure};
use mis_core::{Components, LabelMap};
use serde::{Deserialize, Serialize};

use crate::metrics::components::components;
use crate::metrics::policy::Masks;
use crate::metrics::surface_score::comparison;
use crate::{About, Better, Comparison, Connectivity, Metric};

/// What counts as a lesion, and when it counts as found.
///
/// ```toml
/// lesion-f1 = { connectivity = "corners", overlap = { iou = 0.1 } }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LesionRule {
    /// A lesion is a connected component of the class: of voxels that are neighbors by this.
    pub connectivity: Connectivity,
    /// How far lesions must overlap.
    pub overlap: LesionOverlap,
}

/// How far lesions must overlap for one to count as found, or a predicted one as right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LesionOverlap {
    /// In one voxel: a true lesion is found where any of its voxels was predicted, a predicted one right where any of its
    /// voxels is true.
    #[default]
    Touch,
    /// In this part of the lesion's own voxels, more than 0 up to 1, whatever lesions of the other map they are in.
    Covered(f64),
    /// One predicted lesion with one true lesion, with this intersection over union at least, more than 0 up to 1; pairs
    /// with the largest go first, of equal ones the pair whose predicted lesion comes first in the label map.
    Iou(f64),
}

impl LesionRule {
    /// Says which value cannot be.
    pub fn check(&self) -> Result<()> {
        let (name, share) = match self.overlap {
            LesionOverlap::Touch => return Ok(()),
            LesionOverlap::Covered(share) => ("covered", share),
            LesionOverlap::Iou(share) => ("iou", share),
        };
        let is_share = share > 0.0 && share <= 1.0;
        ensure!(is_share, "lesions: {name} must be more than 0 up to 1, got {share}");
        Ok(())
    }

    fn in_words(&self) -> String {
        let overlap = match self.overlap {
            LesionOverlap::Touch => "one voxel of overlap".to_owned(),
            LesionOverlap::Covered(share) => format!("{share} of the lesion covered"),
            LesionOverlap::Iou(share) => format!("one to one with an IoU of {share}"),
        };
        format!("components by {} neighbors, found by {overlap}", self.connectivity.n_neighbors())
    }
}

/// The part of the true lesions that was found, from 0 to 1; undefined where the truth has none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LesionRecall {
    /// What a lesion is and when it is found.
    pub rule: LesionRule,
}

/// The part of the predicted lesions that is right, from 0 to 1; undefined where nothing was predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LesionPrecision {
    /// What a lesion is and when it is found.
    pub rule: LesionRule,
}

/// 2·P·R / (P + R) of [`LesionPrecision`] and [`LesionRecall`], from 0 to 1.
///
/// Undefined where neither map has a lesion, 0 where one of them has none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LesionF1 {
    /// What a lesion is and when it is found.
    pub rule: LesionRule,
}

/// Lesions of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Detection {
    n_true: usize,
    n_found: usize,
    n_predicted: usize,
    n_right: usize,
}

fn detection(case: &Comparison<'_>, class: u8, rule: &LesionRule) -> Option<Detection> {
    let masks = case.masks(class)?;
    let [predicted, truth] =
        [&masks.prediction, &masks.truth].map(|mask| components(mask, rule.connectivity));
    let shared = predicted.shared(&truth);
    let (n_found, n_right) = match rule.overlap {
        LesionOverlap::Iou(share) => {
            let n = n_pairs(&predicted, &truth, &shared, share);
            (n, n)
        }
        LesionOverlap::Touch => n_covered(&predicted, &truth, &shared, 0.0),
        LesionOverlap::Covered(share) => n_covered(&predicted, &truth, &shared, share),
    };
    Some(Detection { n_true: truth.sizes().len(), n_found, n_predicted: predicted.sizes().len(), n_right })
}

type Shared = std::collections::BTreeMap<(usize, usize), u64>;

/// True and predicted lesions of which the other map covers at least one voxel and this part.
fn n_covered(predicted: &Components, truth: &Components, shared: &Shared, share: f64) -> (usize, usize) {
    let n = |sizes: &[u64], lesion_of: fn(&(usize, usize)) -> usize| {
        let mut covered = vec![0; sizes.len()];
        shared.iter().for_each(|(pair, n)| covered[lesion_of(pair)] += n);
        let enough = |(covered, size): &(u64, &u64)| *covered > 0 && *covered as f64 >= share * **size as f64;
        covered.into_iter().zip(sizes).filter(enough).count()
    };
    (n(truth.sizes(), |pair| pair.1), n(predicted.sizes(), |pair| pair.0))
}

/// Pairs of one predicted and one true lesion.
fn n_pairs(predicted: &Components, truth: &Components, shared: &Shared, share: f64) -> usize {
    let mut pairs: Vec<_> = shared
        .iter()
        .map(|(&(one, other), &n)| {
            (n as f64 / (predicted.sizes()[one] + truth.sizes()[other] - n) as f64, (one, other))
        })
        .filter(|(iou, _)| *iou >= share)
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut used_predicted, mut used_true) =
        (vec![false; predicted.sizes().len()], vec![false; truth.sizes().len()]);
    let mut n = 0;
    for (_, (one, other)) in pairs {
        if !used_predicted[one] && !used_true[other] {
            (used_predicted[one], used_true[other]) = (true, true);
            n += 1;
        }
    }
    n
}

/// A part of both maps' lesions; the score of maps of which one has none is `with_one_empty`'s.
fn lesion_score(
    case: &Comparison<'_>,
    class: u8,
    rule: &LesionRule,
    with_one_empty: impl Fn(Masks) -> Option<f64>,
    score: impl Fn(Detection) -> f64,
) -> Option<f64> {
    match Masks::of(&case.counts()[class as usize]) {
        _ if class == 0 => None,
        Masks::BothFull => detection(case, class, rule).map(score),
        masks => with_one_empty(masks),
    }
}

fn part(n: usize, of: usize) -> f64 {
    n as f64 / of as f64
}

fn f1(found: Detection) -> f64 {
    let recall = part(found.n_found, found.n_true);
    let precision = part(found.n_right, found.n_predicted);
    if recall + precision > 0.0 { 2.0 * recall * precision / (recall + precision) } else { 0.0 }
}

macro_rules! lesion_metric {
    ($metric:ident, $name:literal, $zero:pat, $undefined:literal, $score:expr) => {
        impl Metric for $metric {
            fn name(&self) -> &str {
                $name
            }

            fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
                self.score_shared(&comparison(prediction, truth), class)
            }

            fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
                let with_one_empty = |masks| matches!(masks, $zero).then_some(0.0);
                lesion_score(case, class, &self.rule, with_one_empty, $score)
            }

            fn about(&self) -> About {
                let convention = format!("{}; undefined where {}", self.rule.in_words(), $undefined);
                About { unit: String::new(), better: Better::High, convention }
            }
        }
    };
}

lesion_metric!(LesionRecall, "lesion_recall", Masks::PredictionEmpty, "the truth is empty", |found| {
    part(found.n_found, found.n_true)
});
lesion_metric!(LesionPrecision, "lesion_precision", Masks::TruthEmpty, "nothing was predicted", |found| {
    part(found.n_right, found.n_predicted)
});
lesion_metric!(
    LesionF1,
    "lesion_f1",
    Masks::PredictionEmpty | Masks::TruthEmpty,
    "both masks are empty, 0 where one is",
    f1
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::row;

    #[track_caller]
    fn check(prediction: &[u8], truth: &[u8], overlap: LesionOverlap, expected: [Option<f64>; 3]) {
        let rule = LesionRule { overlap, ..LesionRule::default() };
        let metrics: [&dyn Metric; 3] =
            [&LesionPrecision { rule }, &LesionRecall { rule }, &LesionF1 { rule }];
        let found = metrics.map(|metric| metric.score(&row(prediction), &row(truth), 1));
        assert_eq!(found, expected, "{overlap:?}");
    }

    #[test]
    fn a_lesion_is_found_as_the_rule_says() {
        use LesionOverlap::{Covered, Iou, Touch};
        // Two true lesions of 4 and 1; three predicted: one over both, with 3 of the first, and two beside.
        let truth = [1, 1, 1, 1, 0, 1, 0, 0, 0, 0];
        let prediction = [0, 1, 1, 1, 1, 1, 0, 1, 0, 1];
        check(&prediction, &truth, Touch, [Some(1.0 / 3.0), Some(1.0), Some(0.5)]);
        // Of the predicted one 4 of 5 are true; of the true ones 3 of 4 and all were predicted.
        check(&prediction, &truth, Covered(0.75), [Some(1.0 / 3.0), Some(1.0), Some(0.5)]);
        check(&prediction, &truth, Covered(0.9), [Some(0.0), Some(0.5), Some(0.0)]);
        // IoU 3 / 6 with the first, 1 / 5 with the second, of which it can have but one.
        check(&prediction, &truth, Iou(0.2), [Some(1.0 / 3.0), Some(0.5), Some(0.4)]);
        check(&prediction, &truth, Iou(0.6), [Some(0.0), Some(0.0), Some(0.0)]);
    }

    #[test]
    fn lesions_of_empty_maps_are_undefined_or_missed() {
        let overlap = LesionOverlap::Touch;
        check(&[0, 0], &[0, 0], overlap, [None, None, None]);
        check(&[1, 0], &[0, 0], overlap, [Some(0.0), None, Some(0.0)]);
        check(&[0, 0], &[1, 0], overlap, [None, Some(0.0), Some(0.0)]);
    }

    #[test]
    fn a_part_that_cannot_be_is_refused() {
        let rule = LesionRule { overlap: LesionOverlap::Iou(1.5), ..LesionRule::default() };
        assert_eq!(
            rule.check().unwrap_err().to_string(),
            "lesions: iou must be more than 0 up to 1, got 1.5"
        );
    }
}
