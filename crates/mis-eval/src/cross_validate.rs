//! One report from many trainings.

use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::{Metric, Report, Scored, Split};

/// Runs all folds, one after the other, and reports on them. `run_fold` is given a fold's number and its split; it
/// trains on `train` from scratch and scores each case of `validation` once, with [`score_case`](crate::score_case)
/// and the same metrics.
///
/// Errors name the fold: `fold 2: case_00042: …`.
pub fn cross_validate(
    splits: &[Split],
    classes: &[String],
    metrics: &[Arc<dyn Metric>],
    run_fold: impl FnMut(usize, &Split) -> Result<Vec<Scored>>,
) -> Result<Report> {
    let folds: Vec<_> = (0..splits.len()).collect();
    run_folds(Report::new(classes, metrics)?, splits, &folds, run_fold)
}

/// Runs some of the folds and adds them to a report; those that it has already are not run again. It is the way to
/// take up what was broken off, and to run folds in several jobs.
pub fn run_folds(
    mut report: Report,
    splits: &[Split],
    folds: &[usize],
    mut run_fold: impl FnMut(usize, &Split) -> Result<Vec<Scored>>,
) -> Result<Report> {
    for &fold in folds {
        let n = splits.len();
        let split = splits.get(fold).with_context(|| format!("fold {fold}: there are {n} folds, from 0"))?;
        if !report.has_fold(fold) {
            let cases = run_fold(fold, split).with_context(|| format!("fold {fold}"))?;
            report.add_fold(fold, &split.validation, cases)?;
        }
    }
    Ok(report)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::splits::split::tests::cases;
    use crate::test_maps::random;
    use crate::{k_fold, score_case, standard_metrics};
    use mis_core::SampleId;

    pub(crate) fn classes() -> Vec<String> {
        ["background", "kidney", "tumor & <cyst>"].map(String::from).to_vec()
    }

    fn scored(id: &SampleId) -> Scored {
        let seed = id.0[5..].parse().unwrap();
        let (prediction, truth) = (random([4, 6, 8], 3, seed), random([4, 6, 8], 3, seed + 1));
        score_case(id, &prediction, &truth, &standard_metrics(), 3).unwrap()
    }

    /// Seven cases in three folds, with scores of random label maps.
    pub(crate) fn report() -> Report {
        let splits = k_fold(&cases(7), 3, 0).unwrap();
        let run = |_, split: &Split| Ok(split.validation.iter().map(scored).collect());
        let report = cross_validate(&splits, &classes(), &standard_metrics(), run).unwrap();
        report.with_facts(vec![("seed".into(), "0".into())])
    }

    #[test]
    fn each_case_is_reported_once_whatever_the_order_of_scoring() {
        let splits = k_fold(&cases(7), 3, 0).unwrap();
        let run = |_, split: &Split| Ok(split.validation.iter().rev().map(scored).collect());
        let empty = Report::new(&classes(), &standard_metrics()).unwrap();
        let reversed = run_folds(empty, &splits, &[2, 0, 1], run).unwrap();
        assert_eq!(reversed.folds(), report().folds());
        assert_eq!(reversed.cases().count(), 7);
    }

    #[test]
    fn folds_that_were_scored_are_not_run_again() {
        let splits = k_fold(&cases(7), 3, 0).unwrap();
        let mut stored = report().only(0);
        stored.join(report().only(2)).unwrap();
        let run = |fold, split: &Split| {
            assert_eq!(fold, 1);
            Ok(split.validation.iter().map(scored).collect())
        };
        assert_eq!(run_folds(stored, &splits, &[0, 1, 2], run).unwrap(), report());
    }

    #[test]
    fn a_report_does_not_mix_metrics_or_take_a_name_twice() {
        let dice = [crate::MetricChoice::Dice.metric(crate::Policy::default()).unwrap()];
        let mut other = Report::new(&classes(), &dice).unwrap();
        let error = other.join(report()).unwrap_err().to_string();
        assert!(
            error.starts_with("expected the metrics [\"dice\"], found [\"dice\", \"jaccard\""),
            "{error}"
        );
        let twice = [dice[0].clone(), dice[0].clone()];
        assert_eq!(Report::new(&classes(), &twice).unwrap_err().to_string(), "metric \"dice\" stands twice");
    }

    #[track_caller]
    fn check_error(run: impl FnMut(usize, &Split) -> Result<Vec<Scored>>, expected: &str) {
        let splits = k_fold(&cases(7), 3, 0).unwrap();
        let error = cross_validate(&splits, &classes(), &standard_metrics(), run).unwrap_err();
        assert_eq!(format!("{error:#}"), expected);
    }

    #[test]
    fn what_is_wrong_with_a_fold_is_said() {
        let all = |split: &Split| split.validation.iter().map(scored).collect::<Vec<_>>();
        check_error(
            |fold, split| if fold == 1 { anyhow::bail!("case_001: disk full") } else { Ok(all(split)) },
            "fold 1: case_001: disk full",
        );
        let splits = k_fold(&cases(7), 3, 0).unwrap();
        let (validated, trained) = (&splits[0].validation[0], &splits[0].train[0]);
        check_error(|_, split| Ok(all(split)[1..].to_vec()), &format!("fold 0: {validated} was not scored"));
        check_error(
            |_, split| Ok([all(split), all(split)].concat()),
            &format!("fold 0: {validated} was scored twice"),
        );
        check_error(
            |_, split| Ok([all(split), vec![scored(&split.train[0])]].concat()),
            &format!("fold 0: {trained} was scored but is not among the fold's validation cases"),
        );
    }
}
