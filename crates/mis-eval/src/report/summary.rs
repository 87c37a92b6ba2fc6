//! nnU-Net's `summary.json`, with additions from which a report can be read again.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use mis_core::SampleId;
use serde::{Deserialize, Serialize};

use crate::report::number::Number;
use crate::{Aggregate, CountMetric as _, Counts, Dice, Jaccard, Report, ReportMetric, Scored};

/// The file's form. Undefined scores are `null`, where nnU-Net writes `NaN`,
/// which is no JSON; infinite ones, which no overlap is, are `"inf"`. Classes are keyed by
/// their indices; background, `"0"`, has its entries too and is left out of the foreground's mean.
#[derive(Serialize, Deserialize)]
pub(crate) struct Summary {
    #[serde(skip_deserializing)]
    foreground_mean: Option<ClassForm<f64>>,
    #[serde(skip_deserializing)]
    mean: BTreeMap<usize, ClassForm<f64>>,
    metric_per_case: Vec<CaseForm>,
    mis: Additions,
}

#[derive(Serialize, Deserialize)]
struct CaseForm {
    metrics: BTreeMap<usize, ClassForm<u64>>,
    prediction_file: String,
    reference_file: String,
    sample_id: SampleId,
    fold: usize,
}

/// Scores of a class: voxel counts of a case, or their means over cases.
#[derive(Serialize, Deserialize)]
struct ClassForm<N> {
    #[serde(rename = "Dice")]
    dice: Option<f64>,
    #[serde(rename = "FN")]
    false_negatives: N,
    #[serde(rename = "FP")]
    false_positives: N,
    #[serde(rename = "IoU")]
    jaccard: Option<f64>,
    #[serde(rename = "TN")]
    true_negatives: N,
    #[serde(rename = "TP")]
    true_positives: N,
    n_pred: N,
    n_ref: N,
    /// By the names of the report's metrics.
    scores: BTreeMap<String, Option<Number>>,
}

#[derive(Serialize, Deserialize)]
struct Additions {
    classes: Vec<String>,
    metrics: Vec<ReportMetric>,
    facts: Vec<(String, String)>,
    #[serde(skip_deserializing)]
    aggregates: Vec<AggregateForm>,
}

#[derive(Serialize)]
struct AggregateForm {
    metric: String,
    class: String,
    /// `null`: over all folds.
    fold: Option<usize>,
    #[serde(flatten)]
    aggregate: Option<Aggregate>,
}

impl From<Report> for Summary {
    fn from(report: Report) -> Self {
        let metric_per_case: Vec<_> =
            report.cases().map(|(fold, case)| case_form(&report, fold, case)).collect();
        let n_classes = if metric_per_case.is_empty() { 0 } else { report.classes().len() };
        let mean_of_class = |class: usize| {
            let cases: Vec<_> = metric_per_case.iter().map(|case| &case.metrics[&class]).collect();
            (class, means(&cases, |n| n as f64, mean_of_defined))
        };
        let mean: BTreeMap<_, _> = (0..n_classes).map(mean_of_class).collect();
        let foreground: Vec<_> = mean.values().skip(1).collect();
        let foreground_mean = (!foreground.is_empty()).then(|| means(&foreground, |n| n, mean_of_all));
        let additions = Additions {
            classes: report.classes().to_vec(),
            metrics: report.metrics().to_vec(),
            facts: report.facts().to_vec(),
            aggregates: aggregates(&report),
        };
        Self { foreground_mean, mean, metric_per_case, mis: additions }
    }
}

fn case_form(report: &Report, fold: usize, case: &Scored) -> CaseForm {
    let class_form = |(class, counts): (usize, &Counts)| {
        let names = report.metrics().iter().map(|metric| metric.name.clone());
        let form = ClassForm {
            dice: Dice::default().score_counts(counts),
            false_negatives: counts.false_negatives,
            false_positives: counts.false_positives,
            jaccard: Jaccard::default().score_counts(counts),
            true_negatives: counts.true_negatives,
            true_positives: counts.true_positives,
            n_pred: counts.n_prediction(),
            n_ref: counts.n_truth(),
            scores: names.zip(case.scores.iter().map(|scores| scores[class].map(Number))).collect(),
        };
        (class, form)
    };
    CaseForm {
        metrics: case.counts.iter().enumerate().map(class_form).collect(),
        prediction_file: case.prediction_file.clone(),
        reference_file: case.reference_file.clone(),
        sample_id: case.id.clone(),
        fold,
    }
}

/// Means over forms: of their numbers plainly, of their scores by `mean`.
fn means<N: Copy>(
    forms: &[&ClassForm<N>],
    number: fn(N) -> f64,
    mean: fn(&mut dyn ExactSizeIterator<Item = Option<f64>>) -> Option<f64>,
) -> ClassForm<f64> {
    let score = |of: &dyn Fn(&ClassForm<N>) -> Option<f64>| mean(&mut forms.iter().map(|form| of(form)));
    let n = |of: fn(&ClassForm<N>) -> N| {
        forms.iter().map(|form| number(of(form))).sum::<f64>() / forms.len() as f64
    };
    let names = forms[0].scores.keys();
    ClassForm {
        dice: score(&|form| form.dice),
        false_negatives: n(|form| form.false_negatives),
        false_positives: n(|form| form.false_positives),
        jaccard: score(&|form| form.jaccard),
        true_negatives: n(|form| form.true_negatives),
        true_positives: n(|form| form.true_positives),
        n_pred: n(|form| form.n_pred),
        n_ref: n(|form| form.n_ref),
        scores: names
            .map(|name| (name.clone(), score(&|form| form.scores[name].map(|score| score.0)).map(Number)))
            .collect(),
    }
}

/// The mean of the defined scores, as by NumPy's `nanmean`: what nnU-Net takes over cases.
fn mean_of_defined(scores: &mut dyn ExactSizeIterator<Item = Option<f64>>) -> Option<f64> {
    Aggregate::of(scores).map(|aggregate| aggregate.mean)
}

/// The mean, undefined where one score is, as by NumPy's `mean`: what nnU-Net takes over classes.
fn mean_of_all(scores: &mut dyn ExactSizeIterator<Item = Option<f64>>) -> Option<f64> {
    let n = scores.len() as f64;
    scores.sum::<Option<f64>>().map(|sum| sum / n)
}

fn aggregates(report: &Report) -> Vec<AggregateForm> {
    let mut parts = vec![(None, report.clone())];
    parts.extend(report.folds().iter().map(|scores| (Some(scores.fold), report.only(scores.fold))));
    let mut forms = Vec::new();
    for (fold, part) in &parts {
        for (metric_idx, metric) in report.metrics().iter().enumerate() {
            for (class_idx, class) in report.classes().iter().enumerate() {
                let aggregate = part.aggregate(metric_idx, class_idx);
                forms.push(AggregateForm {
                    metric: metric.name.clone(),
                    class: class.clone(),
                    fold: *fold,
                    aggregate,
                });
            }
        }
    }
    forms
}

impl TryFrom<Summary> for Report {
    type Error = anyhow::Error;

    fn try_from(summary: Summary) -> Result<Self> {
        let Additions { classes, metrics, facts, .. } = summary.mis;
        let mut report = Self::empty(classes, metrics)?.with_facts(facts);
        let mut folds: BTreeMap<usize, Vec<Scored>> = BTreeMap::new();
        for case in summary.metric_per_case {
            folds.entry(case.fold).or_default().push(scored(&report, case)?);
        }
        for (fold, cases) in folds {
            let ids: Vec<_> = cases.iter().map(|case| case.id.clone()).collect();
            report.add_fold(fold, &ids, cases)?;
        }
        Ok(report)
    }
}

fn scored(report: &Report, case: CaseForm) -> Result<Scored> {
    let id = case.sample_id;
    ensure!(
        case.metrics.keys().copied().eq(0..report.classes().len()),
        "{id}: expected metrics of {} classes",
        report.classes().len()
    );
    let of_metric = |metric: &ReportMetric| {
        let of_class =
            |class: &ClassForm<u64>| class.scores.get(&metric.name).map(|score| score.map(|score| score.0));
        let scores: Option<Vec<_>> = case.metrics.values().map(of_class).collect();
        scores.with_context(|| format!("{id}: expected a score named {}", metric.name))
    };
    let scores = report.metrics().iter().map(of_metric).collect::<Result<_>>()?;
    let counts = |class: &ClassForm<u64>| Counts {
        true_positives: class.true_positives,
        false_positives: class.false_positives,
        false_negatives: class.false_negatives,
        true_negatives: class.true_negatives,
    };
    let counts = case.metrics.values().map(counts).collect();
    Ok(Scored {
        id,
        scores,
        counts,
        prediction_file: case.prediction_file,
        reference_file: case.reference_file,
    })
}

#[cfg(test)]
mod tests {
    use crate::Report;
    use crate::cross_validate::tests::report;
    use serde_json::Value;

    #[test]
    fn a_report_comes_back_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        report().write(&path).unwrap();
        assert_eq!(Report::read(&path).unwrap(), report());
    }

    #[test]
    fn an_infinite_score_comes_back_from_its_file() {
        let mut json = serde_json::to_value(report()).unwrap();
        json["metric_per_case"][0]["metrics"]["1"]["scores"]["hd95"] = Value::from("inf");
        let report: Report = serde_json::from_value(json).unwrap();
        let hd95 = report.metric_idx("hd95").unwrap();
        assert_eq!(report.folds()[0].cases[0].scores[hd95][1], Some(f64::INFINITY));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["mean"]["1"]["scores"]["hd95"], Value::from("inf"));
        assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
    }

    #[test]
    fn the_file_has_nnunets_keys() {
        let summary = serde_json::to_value(report()).unwrap();
        let kidney = &summary["metric_per_case"][0]["metrics"]["1"];
        for key in ["Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"] {
            for class in [kidney, &summary["mean"]["1"], &summary["foreground_mean"]] {
                assert!(class[key].is_number(), "{key} in {class}");
            }
        }
        assert_eq!(kidney["TP"].as_u64(), Some(report().folds()[0].cases[0].counts[1].true_positives));
        let mean = |class: &str| summary["mean"][class]["Dice"].as_f64().unwrap();
        assert_eq!(summary["foreground_mean"]["Dice"].as_f64(), Some((mean("1") + mean("2")) / 2.0));
    }

    #[test]
    fn a_summary_without_our_additions_is_refused_with_what_it_lacks() {
        let mut summary = serde_json::to_value(report()).unwrap();
        summary["metric_per_case"][0]["metrics"]["1"]["scores"] = Value::Object(serde_json::Map::new());
        let error = serde_json::from_value::<Report>(summary).unwrap_err();
        assert!(error.to_string().ends_with("expected a score named dice"), "{error}");
        let error = serde_json::from_str::<Report>(r#"{"metric_per_case": []}"#).unwrap_err();
        assert!(error.to_string().starts_with("missing field `mis`"), "{error}");
    }
}
