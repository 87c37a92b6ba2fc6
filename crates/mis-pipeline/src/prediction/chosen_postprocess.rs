//! Post-processing that proves itself on the validation cases.

use std::path::Path;

use anyhow::{Context as _, Result};
use mis_core::{LabelMap, Postprocess as _, SampleId, write_atomically};
use mis_eval::{MetricChoice, Split};
use mis_io::nifti;
use mis_train::AnyPostprocess;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::run::Run;

/// The steps that were chosen on a cross-validation's predictions: `postprocess.json` of a run folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ChosenPostprocess {
    /// The steps, in their order.
    pub(crate) steps: Vec<AnyPostprocess>,
    /// Mean Dice over the validation cases of each class but the background, without them; none where no case has it.
    pub(crate) dice_before: Vec<Option<f64>>,
    /// With them.
    pub(crate) dice_after: Vec<Option<f64>>,
}

const FILE: &str = "postprocess.json";

impl ChosenPostprocess {
    /// Tries steps one after the other on the written predictions of all folds. One is taken where the mean over classes
    /// rises and no class falls.
    pub(crate) fn choose(run: &Run, splits: &[Split], candidates: &[AnyPostprocess]) -> Result<Self> {
        let cases: Vec<(usize, &SampleId)> = splits
            .iter()
            .enumerate()
            .flat_map(|(fold, split)| split.validation.iter().map(move |id| (fold, id)))
            .collect();
        let dice_before = dice(run, &cases, &[])?;
        let mut chosen = Self { steps: Vec::new(), dice_after: dice_before.clone(), dice_before };
        for candidate in candidates {
            let mut steps = chosen.steps.clone();
            steps.push(candidate.clone());
            let after = dice(run, &cases, &steps)?;
            if is_better(&chosen.dice_after, &after) {
                (chosen.steps, chosen.dice_after) = (steps, after);
            }
        }
        Ok(chosen)
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        write_atomically(&folder.join(FILE), |file| Ok(file.write_all(text.as_bytes())?))
    }

    /// What was chosen for the run in this folder; none where nothing was to be chosen.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let read = || Ok::<_, anyhow::Error>(serde_json::from_str(&std::fs::read_to_string(&path)?)?);
        read().map(Some).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// Whether the mean over classes rises and no class falls.
fn is_better(before: &[Option<f64>], after: &[Option<f64>]) -> bool {
    let pairs = || before.iter().zip(after).filter_map(|(before, after)| Some(((*before)?, (*after)?)));
    let gain: f64 = pairs().map(|(before, after)| after - before).sum();
    gain > 0.0 && pairs().all(|(before, after)| after >= before)
}

/// Mean Dice over cases of each class but the background, after some steps.
fn dice(run: &Run, cases: &[(usize, &SampleId)], steps: &[AnyPostprocess]) -> Result<Vec<Option<f64>>> {
    let metric = MetricChoice::Dice.metric(run.experiment.evaluate.policy)?;
    let score = |&(fold, id): &(usize, &SampleId)| -> Result<Vec<Option<f64>>> {
        let file = run.folder.training(Some(fold)).join("predictions").join(format!("{id}.nii.gz"));
        let prediction = nifti::read_labels(&file, None)?;
        let prediction = steps.iter().fold(prediction, |labels, step| step.apply(labels));
        let truth = run.scans.load(id)?.labels.context("has no labels to be scored by")?;
        // What was written and read again may differ in the last bit of its affine.
        let prediction = LabelMap::new(prediction.into_data(), truth.affine())?;
        let classes = (1..=u8::MAX).take(run.classes.n_classes() - 1);
        Ok(classes.map(|class| metric.score(&prediction, &truth, class)).collect())
    };
    let scores: Vec<_> = cases
        .par_iter()
        .map(|case| score(case).with_context(|| case.1.to_string()))
        .collect::<Result<_>>()?;
    let mean = |class_idx: usize| {
        let known: Vec<f64> = scores.iter().filter_map(|of_case| of_case[class_idx]).collect();
        if known.is_empty() { None } else { Some(known.iter().sum::<f64>() / known.len() as f64) }
    };
    Ok((0..run.classes.n_classes() - 1).map(mean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_taken_where_the_mean_rises_and_no_class_falls() {
        let before = [Some(0.8), None, Some(0.5)];
        assert!(is_better(&before, &[Some(0.8), None, Some(0.6)]));
        assert!(!is_better(&before, &[Some(0.79), None, Some(0.9)]));
        assert!(!is_better(&before, &before));
    }
}
