//! All scores of an evaluation.

mod aggregate;
mod data_page;
mod difference;
mod html;
mod number;
mod page;
mod paired;
mod score_table;
mod scores_tsv;
mod summary;
mod table;
mod telling_cases;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use mis_core::{SampleId, write_atomically};
use serde::{Deserialize, Serialize};

use crate::{About, Interval, Metric, Scored, bootstrap_mean};
use summary::Summary;

pub(crate) use aggregate::quantile;
pub use data_page::DataPage;
pub use page::{CasePicture, PageParts};
pub use paired::{PairedScores, compare_scores, paired_table, write_paired};
pub use score_table::ScoreTable;
pub use telling_cases::TellingCase;
pub use {aggregate::Aggregate, difference::Difference};

/// The scores of all cases of all folds scored so far, and the numbers that sum them up.
///
/// Its serde form is nnU-Net's `summary.json` with additions, from which it can be read again: to take up a
/// cross-validation where it stopped, to join the folds of several jobs, or as a baseline to
/// [`compare`](Self::compare) with. Folds are in their order, cases in the order of their ids: whoever scored what
/// when, the same scores give the same files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Summary", into = "Summary")]
pub struct Report {
    classes: Vec<String>,
    metrics: Vec<ReportMetric>,
    facts: Vec<(String, String)>,
    folds: Vec<FoldScores>,
}

/// A metric as a report remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportMetric {
    /// Its name.
    pub name: String,
    /// How to read it.
    pub about: About,
}

/// The scored cases of one fold.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldScores {
    /// The fold, from 0.
    pub fold: usize,
    /// Its cases, sorted by id.
    pub cases: Vec<Scored>,
}

impl Report {
    /// A report without a case; `classes` are names, background first. Refused where two classes or two metrics have
    /// one name.
    pub fn new(classes: &[String], metrics: &[Arc<dyn Metric>]) -> Result<Self> {
        let metric =
            |metric: &Arc<dyn Metric>| ReportMetric { name: metric.name().into(), about: metric.about() };
        Self::empty(classes.to_vec(), metrics.iter().map(metric).collect())
    }

    pub(crate) fn empty(classes: Vec<String>, metrics: Vec<ReportMetric>) -> Result<Self> {
        let metric_names: Vec<_> = metrics.iter().map(|metric| metric.name.clone()).collect();
        for (what, names) in [("class", &classes), ("metric", &metric_names)] {
            ensure!(!names.is_empty(), "a report must have at least one {what}");
            let mut seen = BTreeSet::new();
            if let Some(name) = names.iter().find(|name| !seen.insert(*name)) {
                anyhow::bail!("{what} {name:?} stands twice");
            }
        }
        Ok(Self { classes, metrics, facts: Vec::new(), folds: Vec::new() })
    }

    /// Adds the scores of a fold, of which exactly the cases `validation` must have been scored, each once. Errors
    /// name the fold.
    pub fn add_fold(&mut self, fold: usize, validation: &[SampleId], mut cases: Vec<Scored>) -> Result<()> {
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        self.check_fold(fold, validation, &cases).with_context(|| format!("fold {fold}"))?;
        self.folds.push(FoldScores { fold, cases });
        self.folds.sort_by_key(|scores| scores.fold);
        Ok(())
    }

    fn check_fold(&self, fold: usize, validation: &[SampleId], cases: &[Scored]) -> Result<()> {
        ensure!(!self.has_fold(fold), "has been scored already");
        for pair in cases.windows(2) {
            ensure!(pair[0].id != pair[1].id, "{} was scored twice", pair[0].id);
        }
        let scored: BTreeSet<_> = cases.iter().map(|case| &case.id).collect();
        let expected: BTreeSet<_> = validation.iter().collect();
        if let Some(id) = expected.difference(&scored).next() {
            anyhow::bail!("{id} was not scored");
        }
        if let Some(id) = scored.difference(&expected).next() {
            anyhow::bail!("{id} was scored but is not among the fold's validation cases");
        }
        let (n_metrics, n_classes) = (self.metrics.len(), self.classes.len());
        for case in cases {
            let fits = case.counts.len() == n_classes
                && case.scores.len() == n_metrics
                && case.scores.iter().all(|scores| scores.len() == n_classes);
            let id = &case.id;
            ensure!(fits, "{id}: expected scores of {n_metrics} metrics for each of {n_classes} classes");
        }
        Ok(())
    }

    /// Takes up the folds of another report with the same classes and metrics, such as one [`read`](Self::read) from
    /// an earlier run or another job.
    pub fn join(&mut self, other: Self) -> Result<()> {
        let names = |report: &Self| -> Vec<String> {
            report.metrics.iter().map(|metric| metric.name.clone()).collect()
        };
        ensure!(
            self.classes == other.classes,
            "expected the classes {:?}, found {:?}",
            self.classes,
            other.classes
        );
        ensure!(
            self.metrics == other.metrics,
            "expected the metrics {:?}, found {:?} or other conventions",
            names(self),
            names(&other)
        );
        for FoldScores { fold, cases } in other.folds {
            let ids: Vec<_> = cases.iter().map(|case| case.id.clone()).collect();
            self.add_fold(fold, &ids, cases)?;
        }
        Ok(())
    }

    /// The same report of one fold alone; without a case where the fold has not been scored.
    #[must_use]
    pub fn only(&self, fold: usize) -> Self {
        let folds = self.folds.iter().filter(|scores| scores.fold == fold).cloned().collect();
        Self { folds, ..self.clone() }
    }

    /// The report with facts to print: data checksum, revision, seed and the like, in this order.
    #[must_use]
    pub fn with_facts(self, facts: Vec<(String, String)>) -> Self {
        Self { facts, ..self }
    }

    /// Class names, background first.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The metrics, in the order of each case's scores.
    #[must_use]
    pub fn metrics(&self) -> &[ReportMetric] {
        &self.metrics
    }

    /// The place of a metric by its name.
    #[must_use]
    pub fn metric_idx(&self, name: &str) -> Option<usize> {
        self.metrics.iter().position(|metric| metric.name == name)
    }

    /// Facts to print.
    #[must_use]
    pub fn facts(&self) -> &[(String, String)] {
        &self.facts
    }

    /// The scored folds, in their order.
    #[must_use]
    pub fn folds(&self) -> &[FoldScores] {
        &self.folds
    }

    /// Whether a fold has been scored.
    #[must_use]
    pub fn has_fold(&self, fold: usize) -> bool {
        self.folds.iter().any(|scores| scores.fold == fold)
    }

    /// All scored cases with their folds.
    pub fn cases(&self) -> impl Iterator<Item = (usize, &Scored)> {
        self.folds.iter().flat_map(|scores| scores.cases.iter().map(|case| (scores.fold, case)))
    }

    /// A metric's scores of a class in a few numbers, over all cases; over those of one fold after
    /// [`only`](Self::only). None where no score is defined.
    ///
    /// # Panics
    /// Where the report has no such metric or class.
    #[must_use]
    pub fn aggregate(&self, metric_idx: usize, class_idx: usize) -> Option<Aggregate> {
        Aggregate::of(self.cases().map(|(_, case)| case.scores[metric_idx][class_idx]))
    }

    /// The 95 % confidence interval of a metric's mean over the cases with a defined score: see
    /// [`bootstrap_mean`](crate::bootstrap_mean). A case that was scored in several folds counts once, with the mean of its
    /// scores. None for fewer than two cases.
    ///
    /// # Panics
    /// Where the report has no such metric or class.
    #[must_use]
    pub fn interval(&self, metric_idx: usize, class_idx: usize) -> Option<Interval> {
        let scores = self.cases().map(|(_, case)| (&case.id, case.scores[metric_idx][class_idx]));
        let values: Vec<_> = score_table::mean_by_case(scores).into_values().flatten().collect();
        bootstrap_mean(&values, 0)
    }

    /// The `n` cases with the worst defined scores of a class, worst first, with fold and score.
    ///
    /// # Panics
    /// Where the report has no such metric or class.
    #[must_use]
    pub fn worst(&self, metric_idx: usize, class_idx: usize, n: usize) -> Vec<(usize, &Scored, f64)> {
        let better = self.metrics[metric_idx].about.better;
        let mut cases: Vec<_> = self
            .cases()
            .filter_map(|(fold, case)| Some((fold, case, case.scores[metric_idx][class_idx]?)))
            .collect();
        cases.sort_by(|a, b| better.badness(b.2).total_cmp(&better.badness(a.2)));
        cases.truncate(n);
        cases
    }

    /// Writes the report as nnU-Net's `summary.json`, with our additions.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomically(path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            Ok(writeln!(file)?)
        })
    }

    /// Reads a report that [`write`](Self::write) wrote.
    pub fn read(path: &Path) -> Result<Self> {
        let read = || -> Result<Self> { Ok(serde_json::from_str(&fs::read_to_string(path)?)?) };
        read().with_context(|| format!("cannot read a report from {}", path.display()))
    }
}
