//! Cross-validation.

use anyhow::Result;
use mis_eval::Report;

use crate::fold::run_fold;
use crate::run::{Run, chosen, splits};
use crate::{Experiment, RunOptions};

/// Cross-validates an experiment: trains each chosen fold, predicts its validation cases on their own lattice, and
/// scores them.
///
/// Settings and data are checked as a whole before anything is trained or written. The run folder then holds
/// `experiment.toml`, `environment.json` and `splits.json`; per fold its checkpoints, history, curves, predictions and
/// scores; and `scores.tsv`, `summary.json` and `report.html` over all folds that are finished. With
/// `options.resume` finished folds are taken as they are and a broken-off one goes on where it stopped.
pub fn cross_validate(experiment: &Experiment, options: &RunOptions) -> Result<Report> {
    let (run, splits) = Run::prepare(experiment, options, splits)?;
    let metrics = mis_eval::default_metrics();
    let folds = chosen(&splits, options)?;
    let report = mis_eval::cross_validate(&run.classes.names(), &splits, &folds, &metrics, |fold, split| {
        run_fold(&run, split, fold, options, &metrics)
    })?;
    let out = run.folder.path();
    let facts = run.environment.facts();
    report.write_scores(&out.join("scores.tsv"))?;
    report.write_summary(&out.join("summary.json"), &facts)?;
    report.write_html(&out.join("report.html"), &facts)?;
    Ok(report)
}
