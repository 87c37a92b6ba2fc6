//! Cross-validation.

use std::rc::Rc;

use anyhow::{Context as _, Result, ensure};
use mis_eval::{Report, Split, run_folds};
use mis_train::{Alone, CHECKPOINT_LAST, Checkpoint, check_same_experiment};

use super::chosen_folds::ChosenFolds;
use super::fold::run_fold;
use super::report_page::{write_overlays, write_page};
use super::run::{Run, Shared};
use crate::evaluation::{SUMMARY, write_scores};
use crate::prediction::ChosenPostprocess;
use crate::{Experiment, RunOptions};

/// Cross-validates an experiment: trains each chosen fold, predicts its validation cases on their own lattice, and
/// scores them.
///
/// Settings and data are checked as a whole before anything is trained or written. The run folder then holds
/// `experiment.toml`, `environment.json` and `splits.json`; per fold its checkpoints, history, curves, predictions,
/// scores, and overlays of the cases that are worth a look; and `scores.tsv`, `summary.json`, `plots` and `report.html`
/// over all folds that are finished. When all are, the post-processing that is to prove itself is tried, and
/// `postprocess.json` holds what did. With `options.resume` finished folds are taken as they are and a broken-off one
/// goes on where it stopped.
///
/// Several ranks share the folds, each of which one rank trains alone: to the bits that one process comes to. All give the
/// whole report; rank 0 writes it.
pub fn cross_validate(experiment: &Experiment, options: &RunOptions) -> Result<Report> {
    let ranks = options.ranks.as_ref();
    let (run, ChosenFolds { splits, folds }) = ChosenFolds::prepare(
        experiment,
        options,
        Shared::Folds,
        |chosen| {
            let (n_folds, n_ranks) = (chosen.folds.len(), ranks.n());
            ensure!(
                n_ranks <= n_folds.max(1),
                "{n_folds} folds for {n_ranks} processes: start no more processes than folds, or let all train one fold \
             (mis train --fold)"
            );
            Ok(())
        },
    )?;
    let options = &RunOptions { ranks: Rc::new(Alone), ..options.clone() }; // within a fold
    let metrics = run.experiment.evaluate.metrics()?;
    let empty = Report::new(&run.classes.names(), &metrics)?.with_facts(run.environment.facts());
    let mut report = empty.clone();
    if options.resume {
        for (fold, split) in splits.iter().enumerate() {
            if let Some(finished) = finished(&run, fold, split)? {
                report.join(finished)?;
            }
        }
    }
    let own: Vec<usize> = (0..).zip(&folds).filter(|&(n, _)| ranks.does(n)).map(|(_, &fold)| fold).collect();
    let mut report = run_folds(report, &splits, &own, |fold, split| {
        let cases = run_fold(&run, split, fold, options, &metrics)?;
        let mut alone = empty.clone();
        alone.add_fold(fold, &split.validation, cases.clone())?;
        write_overlays(&run, &alone, fold)?;
        write_scores(&alone, &run.folder.training(Some(fold)))?;
        Ok(cases)
    })?;
    ranks.wait();
    for &fold in folds.iter().filter(|&&fold| !report.has_fold(fold)).collect::<Vec<_>>() {
        let finished = finished(&run, fold, &splits[fold])?;
        report.join(finished.with_context(|| format!("fold {fold} was not finished by its process"))?)?;
    }
    if !ranks.is_first() {
        return Ok(report);
    }
    let out = run.folder.path();
    let candidates = &experiment.predict.postprocess_if_better;
    if !candidates.is_empty() && (0..splits.len()).all(|fold| report.has_fold(fold)) {
        ChosenPostprocess::choose(&run, &splits, candidates)?.write(out)?;
    }
    write_scores(&report, out)?;
    write_page(&run, &report)?;
    Ok(report)
}

/// The scores of a fold that was finished before; an error where they are of another experiment.
fn finished(run: &Run, fold: usize, split: &Split) -> Result<Option<Report>> {
    let folder = run.folder.training(Some(fold));
    if !folder.join(SUMMARY).exists() {
        return Ok(None);
    }
    let checkpoint = folder.join(CHECKPOINT_LAST);
    check_same_experiment(&checkpoint, &Checkpoint::load(&checkpoint)?.experiment, &run.identity(split))?;
    let report = Report::read(&folder.join(SUMMARY))?;
    ensure!(report.has_fold(fold), "{} is not of fold {fold}", folder.join(SUMMARY).display());
    Ok(Some(report))
}
