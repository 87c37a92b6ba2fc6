//! One case with its scores.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use mis_core::{LabelMap, SampleId};

use crate::{Comparison, Counts, Metric};

/// One case with the scores of each metric and class.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The case.
    pub id: SampleId,
    /// Scores, metric by metric, each with one entry per class, background first; none where undefined.
    pub scores: Vec<Vec<Option<f64>>>,
    /// Voxel counts of each class, background first.
    pub counts: Vec<Counts>,
    /// Where the prediction was written; empty where it was not.
    pub prediction_file: String,
    /// Where the truth was read from; empty where it has no file.
    pub reference_file: String,
}

/// Scores a prediction with each metric for each of `n_classes` classes, background included. Errors name the case:
/// the lattices differ, a class index is too large, or a metric's answer is no number.
pub fn score_case(
    id: &SampleId,
    prediction: &LabelMap,
    truth: &LabelMap,
    metrics: &[Arc<dyn Metric>],
    n_classes: usize,
) -> Result<Scored> {
    let score = || {
        let case = Comparison::new(prediction, truth, n_classes)?;
        let mut scores = Vec::with_capacity(metrics.len());
        for metric in metrics {
            let classes = (0..=u8::MAX).take(n_classes);
            let of_metric: Vec<_> = classes.map(|class| metric.score_shared(&case, class)).collect();
            for (class, score) in of_metric.iter().enumerate() {
                let is_number = score.is_none_or(|score| !score.is_nan());
                ensure!(is_number, "{} of class {class} must be a number or none, got NaN", metric.name());
            }
            scores.push(of_metric);
        }
        Ok((scores, case.counts().to_vec()))
    };
    let (scores, counts) = score().with_context(|| id.to_string())?;
    Ok(Scored {
        id: id.clone(),
        scores,
        counts,
        prediction_file: String::new(),
        reference_file: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::{random, row};
    use crate::{MetricChoice, Policy, standard_metrics};
    use mis_core::IGNORE;

    #[test]
    fn what_metrics_share_changes_no_score() {
        let (prediction, truth) = (random([6, 7, 8], 3, 1), random([6, 7, 8], 3, 2));
        let scored = score_case(&"a".into(), &prediction, &truth, &standard_metrics(), 3).unwrap();
        for (metric, scores) in standard_metrics().iter().zip(scored.scores) {
            for class in 0..3 {
                assert_eq!(scores[class as usize], metric.score(&prediction, &truth, class), "{metric:?}");
            }
        }
    }

    #[test]
    fn voxels_that_the_truth_leaves_open_are_not_scored() {
        let metrics = standard_metrics();
        // Open voxels at the end of a row: without them it is the shorter row.
        let open = score_case(
            &"a".into(),
            &row(&[0, 1, 1, 2, 2, 1, 0]),
            &row(&[0, 1, 2, 2, 0, IGNORE, IGNORE]),
            &metrics,
            3,
        );
        let short = score_case(&"a".into(), &row(&[0, 1, 1, 2, 2]), &row(&[0, 1, 2, 2, 0]), &metrics, 3);
        let (open, short) = (open.unwrap(), short.unwrap());
        assert_eq!(open.counts, short.counts);
        for (metric, (open, short)) in metrics.iter().zip(open.scores.iter().zip(&short.scores)) {
            assert_eq!(open[1..], short[1..], "{metric:?}");
        }
    }

    #[track_caller]
    fn check_error(prediction: &[u8], truth: &[u8], expected: &str) {
        let metrics = [MetricChoice::Dice.metric(Policy::default()).unwrap()];
        let error = score_case(&"case_7".into(), &row(prediction), &row(truth), &metrics, 2).unwrap_err();
        assert_eq!(format!("{error:#}"), expected);
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        check_error(
            &[0, 1],
            &[0, 1, 1],
            "case_7: the prediction does not lie on the truth's lattice: expected the image's shape [1, 1, 3], found \
             [1, 1, 2]",
        );
        check_error(
            &[0, 3],
            &[0, 1],
            "case_7: expected the classes 0 to 1, found 3 in the prediction (1 voxels)",
        );
    }
}
