//! What holds of scores whatever the masks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use mis_core::ndarray::{Array3, s};
use mis_core::{Affine, LabelMap, sample_rng};
use mis_eval::{LesionRule, Metric, MetricChoice, Policy, score_case};
use proptest::prelude::*;
use rand::Rng as _;

/// Every metric with a best score of its own.
fn metrics(policy: Policy) -> Vec<Arc<dyn Metric>> {
    use MetricChoice::{
        Accuracy, Assd, Dice, Hausdorff, Hd95, Jaccard, LesionF1, LesionPrecision, LesionRecall, Nsd,
        Precision, RelativeVolumeDifference, Sensitivity, Specificity, VolumeDifference,
    };
    let rule = LesionRule::default();
    let choices = [
        Dice,
        Jaccard,
        Precision,
        Sensitivity,
        Specificity,
        Accuracy,
        VolumeDifference,
        RelativeVolumeDifference,
        Hausdorff,
        Hd95,
        Assd,
        Nsd { tolerance: 1.0 },
        LesionPrecision(rule),
        LesionRecall(rule),
        LesionF1(rule),
    ];
    choices.into_iter().map(|choice| choice.metric(policy).unwrap()).collect()
}

/// Classes 0 to 2 in runs, on a lattice of this spacing.
fn random(shape: [usize; 3], spacing: [f64; 3], seed: u64) -> LabelMap {
    let mut rng = sample_rng(seed, 0, 0);
    let mut class = 0;
    let data = Array3::from_shape_fn(shape, |_| {
        if rng.random_range(0..6) == 0 {
            class = rng.random_range(0..3);
        }
        class
    });
    LabelMap::new(data, Affine::from_spacing(spacing)).unwrap()
}

/// The map in a larger one of background, this far from its corner.
fn moved(labels: &LabelMap, by: [usize; 3]) -> LabelMap {
    let shape: [usize; 3] = std::array::from_fn(|axis| labels.shape()[axis] + 6);
    let mut data = Array3::zeros(shape);
    let [i, j, k] = by;
    let [n_i, n_j, n_k] = labels.shape();
    data.slice_mut(s![i..i + n_i, j..j + n_j, k..k + n_k]).assign(&labels.data());
    LabelMap::new(data, labels.affine()).unwrap()
}

proptest! {
    #[test]
    fn a_map_meets_itself_as_well_as_can_be(
        shape in [1_usize..8, 1_usize..8, 1_usize..80],
        spacing in [0.3_f64..5.0, 0.3_f64..5.0, 0.3_f64..5.0],
        seed: u64,
        policy in prop::sample::select(&Policy::ALL),
    ) {
        let labels = random(shape, spacing, seed);
        for metric in metrics(policy) {
            let best = if metric.about().better == mis_eval::Better::High { 1.0 } else { 0.0 };
            for class in 1..3 {
                let score = metric.score(&labels, &labels, class);
                if labels.as_slice().contains(&class) {
                    // Of a class that is everywhere there is no rest to leave alone.
                    prop_assert!(score == Some(best) || metric.name() == "specificity" && score.is_none(), "{metric:?} {score:?}");
                }
            }
        }
    }

    #[test]
    fn which_map_is_the_truth_does_not_change_a_symmetric_score(
        shape in [1_usize..8, 1_usize..8, 1_usize..20],
        spacing in [0.3_f64..5.0, 0.3_f64..5.0, 0.3_f64..5.0],
        seed: u64,
        policy in prop::sample::select(&[Policy::NnUnet, Policy::Medpy, Policy::Deepmind]),
    ) {
        let (a, b) = (random(shape, spacing, seed), random(shape, spacing, seed.wrapping_add(1)));
        for metric in metrics(policy) {
            if ["dice", "jaccard", "accuracy", "hausdorff", "hd95", "assd", "nsd_1mm", "lesion_f1"].contains(&metric.name()) {
                let [one, other] = [metric.score(&a, &b, 1), metric.score(&b, &a, 1)];
                match (one, other) {
                    // Means add in another order.
                    (Some(one), Some(other)) if one.is_finite() => prop_assert!((one - other).abs() < 1e-9, "{metric:?}"),
                    _ => prop_assert_eq!(one, other),
                }
            }
        }
    }

    #[test]
    fn where_both_maps_lie_changes_no_score(
        shape in [2_usize..7, 2_usize..7, 2_usize..70],
        spacing in [0.3_f64..5.0, 0.3_f64..5.0, 0.3_f64..5.0],
        to in [0_usize..6, 0_usize..6, 0_usize..6],
        seed: u64,
        policy in prop::sample::select(&Policy::ALL),
    ) {
        let (a, b) = (random(shape, spacing, seed), random(shape, spacing, seed.wrapping_add(1)));
        let score = |by| score_case(&"a".into(), &moved(&a, by), &moved(&b, by), &metrics(policy), 3).unwrap();
        prop_assert_eq!(score([0; 3]), score(to));
    }
}

#[test]
fn scores_are_the_same_for_any_number_of_threads() {
    let (a, b) = (random([40, 50, 70], [2.0, 0.7, 0.9], 1), random([40, 50, 70], [2.0, 0.7, 0.9], 2));
    for policy in Policy::ALL {
        let with = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| score_case(&"a".into(), &a, &b, &metrics(policy), 3).unwrap())
        };
        assert_eq!(with(1), with(4), "{policy}");
    }
}
