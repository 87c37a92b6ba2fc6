//! How to predict.

use anyhow::{Result, ensure};
use mis_core::{LabelMap, Postprocess as _};
use mis_patch::MergeWeights;
use mis_train::{AnyPostprocess, MirroredViews};
use serde::{Deserialize, Serialize};

/// How to predict: the `[predict]` table of an experiment file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PredictConfig {
    /// How overlapping patches are averaged.
    pub merge: MergeWeights,
    /// Patches that the network sees at once.
    pub batch_size: usize,
    /// Which of a training's weights predict.
    pub weights: WeightsChoice,
    /// Axes of a patch that it is mirrored along too, the mean being taken; none by default.
    pub mirror: MirroredViews,
    /// Steps on each label map, in their order; none by default.
    pub postprocess: Vec<AnyPostprocess>,
    /// Steps that a cross-validation tries, one after the other, on the predictions of all folds: those that raise the
    /// mean Dice over classes and lower that of none are kept in the run's `postprocess.json` and follow `postprocess`
    /// when the run predicts. The scores of the cross-validation itself are without them, since they were chosen by it.
    pub postprocess_if_better: Vec<AnyPostprocess>,
}

impl Default for PredictConfig {
    fn default() -> Self {
        Self {
            merge: MergeWeights::default(),
            batch_size: 1,
            weights: WeightsChoice::default(),
            mirror: MirroredViews::default(),
            postprocess: Vec::new(),
            postprocess_if_better: Vec::new(),
        }
    }
}

impl PredictConfig {
    /// Says which value cannot be, for patches of this size.
    pub(crate) fn check(&self, patch_size: [usize; 3]) -> Result<()> {
        self.merge.check(patch_size)?;
        ensure!(self.batch_size > 0, "batch-size must be positive, got 0");
        self.postprocess.iter().chain(&self.postprocess_if_better).try_for_each(AnyPostprocess::check)
    }

    /// A label map after all steps.
    pub(crate) fn postprocessed(&self, labels: LabelMap) -> LabelMap {
        self.postprocess.iter().fold(labels, |labels, step| step.apply(labels))
    }
}

/// Which of a training's weights predict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightsChoice {
    /// Those after the last epoch: right where the learning rate falls to its end.
    #[default]
    Last,
    /// Those with the best validation. They were chosen by the cases that they are scored on: scores are a little
    /// flattered.
    Best,
}
