//! Scores of label maps that are there already.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use mis_core::{ClassTable, SampleId, UnknownLabels};
use mis_eval::{Metric, Report, Scored, score_case};
use rayon::prelude::*;

use super::label_files::{label_files, lattice, read};
use crate::EvaluateConfig;
use crate::progress::Progress;

/// Which label maps to score, and how.
#[derive(Clone, Debug)]
pub struct EvaluationJob<'a> {
    /// Label maps of any program: a folder or one file.
    pub predictions: &'a Path,
    /// The experts' label maps of the same cases, under the same names; a folder or one file.
    pub truth: &'a Path,
    /// Names of the classes, background first, with their values in the files of both.
    pub classes: &'a ClassTable,
    /// Metrics and policy.
    pub config: &'a EvaluateConfig,
    /// Whether cases that only one side has are left out; else they are an error.
    pub common: bool,
}

/// Scores label maps against the experts', case by case, matched by their names.
///
/// Cases that one side lacks and lattices that differ are found from names and headers, before any voxel is read; label
/// values that no class names while scoring. Whatever is wrong, all of it is told in one error, and nothing is written.
pub fn evaluate(job: &EvaluationJob<'_>) -> Result<Report> {
    let metrics = job.config.metrics()?;
    let pairs = pairs(job)?;
    let problems: Vec<_> = pairs.par_iter().filter_map(|pair| pair.check().err()).collect();
    tell(&problems, pairs.len())?;
    let progress = Progress::over(pairs.len(), "scoring");
    let score = |pair: &Pair| {
        let scored = pair.score(job.classes, &metrics);
        progress.step(&pair.id.0);
        scored
    };
    let scored: Vec<_> = pairs.par_iter().map(score).collect();
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    for result in scored {
        match result {
            Ok(case) => cases.push(case),
            Err(problem) => problems.push(problem),
        }
    }
    tell(&problems, pairs.len())?;
    let mut report = Report::new(&job.classes.names(), &metrics)?.with_facts(facts(job));
    let ids: Vec<_> = pairs.into_iter().map(|pair| pair.id).collect();
    report.add_fold(0, &ids, cases)?;
    Ok(report)
}

/// A prediction and its truth.
struct Pair {
    id: SampleId,
    prediction: PathBuf,
    truth: PathBuf,
}

impl Pair {
    fn check(&self) -> Result<()> {
        let check = || -> Result<()> {
            let mismatch = lattice(&self.truth)?.check_same(&lattice(&self.prediction)?);
            mismatch.with_context(|| {
                let (prediction, truth) = (self.prediction.display(), self.truth.display());
                format!("{prediction} does not lie on the lattice of {truth}")
            })
        };
        check().with_context(|| self.id.to_string())
    }

    fn score(&self, classes: &ClassTable, metrics: &[Arc<dyn Metric>]) -> Result<Scored> {
        let read = |path: &Path| {
            let labels = read(path, classes).map_err(|error| with_mend(error, classes));
            labels.with_context(|| self.id.to_string())
        };
        let (prediction, truth) = (read(&self.prediction)?, read(&self.truth)?);
        let scored = score_case(&self.id, &prediction, &truth, metrics, classes.n_classes())?;
        let text = |path: &Path| path.display().to_string();
        Ok(Scored { prediction_file: text(&self.prediction), reference_file: text(&self.truth), ..scored })
    }
}

fn pairs(job: &EvaluationJob<'_>) -> Result<Vec<Pair>> {
    let (predictions, mut truths) = (label_files(job.predictions)?, label_files(job.truth)?);
    if job.predictions.is_file() && job.truth.is_file() {
        // Two files are a pair whatever their names.
        let both = predictions.into_iter().zip(truths.into_values());
        return Ok(both.map(|((id, prediction), truth)| Pair { id, prediction, truth }).collect());
    }
    let mut lacking = Vec::new();
    let mut pairs = Vec::new();
    for (id, prediction) in predictions {
        match truths.remove(&id) {
            Some(truth) => pairs.push(Pair { id, prediction, truth }),
            None => lacking.push(format!("{id} has no truth in {}", job.truth.display())),
        }
    }
    let folder = job.predictions.display();
    lacking.extend(truths.keys().map(|id| format!("{id} has no prediction in {folder}")));
    if let (Some(first), false) = (lacking.first(), job.common) {
        let n = lacking.len();
        bail!("{first} ({n} cases in all lack their match; --common scores the others)");
    }
    ensure!(
        !pairs.is_empty(),
        "expected label maps of the same names in {} and {}, found none",
        job.predictions.display(),
        job.truth.display()
    );
    Ok(pairs)
}

/// Says of a few label values that no class names how one could. Many, or fractions, are no labels.
fn with_mend(error: anyhow::Error, classes: &ClassTable) -> anyhow::Error {
    let unknown = error.downcast_ref::<UnknownLabels>();
    let (Some(unknown), [.., class]) = (unknown, classes.classes()) else { return error };
    let found: Option<Vec<i64>> = unknown.found.iter().map(|(value, _)| value.parse().ok()).collect();
    let Some(found) = found.filter(|found| found.len() <= MOST_NAMED) else { return error };
    let values: Vec<String> = class.values.iter().chain(&found).map(i64::to_string).collect();
    let (name, values) = (&class.name, values.join("+"));
    anyhow!("{error:#}; --classes says which class a value is of, as in {name}={values}")
}

const MOST_NAMED: usize = 4;

/// An error of all problems; none without one.
fn tell(problems: &[anyhow::Error], n_cases: usize) -> Result<()> {
    let lines: Vec<_> = problems.iter().map(|problem| format!("{problem:#}")).collect();
    match lines.as_slice() {
        [] => Ok(()),
        [line] => bail!("{line}"),
        _ => bail!("{} of {n_cases} cases cannot be scored:\n{}", lines.len(), lines.join("\n")),
    }
}

fn facts(job: &EvaluationJob<'_>) -> Vec<(String, String)> {
    let facts = [
        ("predictions", job.predictions.display().to_string()),
        ("truth", job.truth.display().to_string()),
        ("policy", job.config.policy.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("revision", env!("MIS_REVISION").to_owned()),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).into()
}
