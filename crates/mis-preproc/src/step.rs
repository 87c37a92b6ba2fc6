//! Any step, by name.

use std::sync::Arc;

use anyhow::Result;
use mis_core::{Geometry, Preprocess, Sample, Volume};
use serde::{Deserialize, Serialize};

use crate::sizing;
use crate::undo::Undo;
use crate::{
    Clip, ClipPercentiles, Crop, CtNormalize, Grayscale, HistogramStandardize, HounsfieldWindow, MinMax,
    OnChannels, Pad, Reorient, Resample, Resize, ZScore,
};

/// A step of a preprocessing pipeline: one of this crate's, by name in an experiment file, or your own in Rust.
///
/// In a file it is a table with the step's name as its key, or the bare name where all options have defaults:
/// `preprocess = [ { resample = { spacing = [3.22, 1.62, 1.62] } }, { clip = { min = -79, max = 304 } }, "z-score" ]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Step {
    /// To axes that run another way.
    Reorient(Reorient),
    /// To the box that holds something.
    Crop(Crop),
    /// To a spacing.
    Resample(Resample),
    /// To a shape, by interpolation.
    Resize(Resize),
    /// To a shape, by new voxels.
    Pad(Pad),
    /// To an intensity window.
    Clip(Clip),
    /// To the values that are not rare.
    ClipPercentiles(ClipPercentiles),
    /// To mean 0 and standard deviation 1.
    ZScore(ZScore),
    /// To a range.
    MinMax(MinMax),
    /// To 256 grey values.
    Grayscale(Grayscale),
    /// Through Hounsfield units to a window.
    HounsfieldWindow(HounsfieldWindow),
    /// By the statistics of a CT data set.
    CtNormalize(CtNormalize),
    /// To one scale for scans of many machines.
    HistogramStandardize(HistogramStandardize),
    /// A step on some channels.
    OnChannels(OnChannels),
    /// A step of your own; a file cannot name it.
    #[serde(skip)]
    Custom(Arc<dyn Preprocess>),
}

mis_core::named_choice!(Step);

impl Step {
    /// A step of your own.
    pub fn custom(step: impl Preprocess + 'static) -> Self {
        Self::Custom(Arc::new(step))
    }

    /// The step's name, as a file and errors have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reorient(_) => "reorient",
            Self::Crop(_) => "crop",
            Self::Resample(_) => "resample",
            Self::Resize(_) => "resize",
            Self::Pad(_) => "pad",
            Self::Clip(_) => "clip",
            Self::ClipPercentiles(_) => "clip-percentiles",
            Self::ZScore(_) => "z-score",
            Self::MinMax(_) => "min-max",
            Self::Grayscale(_) => "grayscale",
            Self::HounsfieldWindow(_) => "hounsfield-window",
            Self::CtNormalize(_) => "ct-normalize",
            Self::HistogramStandardize(_) => "histogram-standardize",
            Self::OnChannels(_) => "on-channels",
            Self::Custom(_) => "custom",
        }
    }

    /// Says what is wrong with the options, before any data is read; a step of your own is not looked into.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Crop(step) => step.check(),
            Self::Resample(step) => step.check(),
            Self::Resize(step) => step.check(),
            Self::Pad(step) => step.check(),
            Self::Clip(step) => step.check(),
            Self::ClipPercentiles(step) => step.check(),
            Self::ZScore(step) => step.check(),
            Self::MinMax(step) => step.check(),
            Self::HounsfieldWindow(step) => step.check(),
            Self::CtNormalize(step) => step.check(),
            Self::HistogramStandardize(step) => step.check(),
            Self::OnChannels(step) => step.check(),
            Self::Reorient(_) | Self::Grayscale(_) | Self::Custom(_) => Ok(()),
        }
    }

    /// The lattice after the step. It is told from the lattice before alone: a crop, whose box depends on the voxels, and
    /// a step of your own are taken to leave it as it is.
    #[must_use]
    pub fn lattice(&self, before: &Geometry) -> Geometry {
        match self {
            Self::Reorient(step) => step.lattice(before),
            Self::Resample(step) => step.lattice(before),
            Self::Resize(step) => sizing::lattice(before, step.shape),
            Self::Pad(step) => step.lattice(before),
            _ => *before,
        }
    }

    fn inner(&self) -> &dyn Preprocess {
        match self {
            Self::Reorient(step) => step,
            Self::Crop(step) => step,
            Self::Resample(step) => step,
            Self::Resize(step) => step,
            Self::Pad(step) => step,
            Self::Clip(step) => step,
            Self::ClipPercentiles(step) => step,
            Self::ZScore(step) => step,
            Self::MinMax(step) => step,
            Self::Grayscale(step) => step,
            Self::HounsfieldWindow(step) => step,
            Self::CtNormalize(step) => step,
            Self::HistogramStandardize(step) => step,
            Self::OnChannels(step) => step,
            Self::Custom(step) => step.as_ref(),
        }
    }

    /// The way back from `after` to `before` as a value; none for a step of your own that changed the lattice, which
    /// alone knows it.
    pub(crate) fn undo(&self, before: &Geometry, after: &Geometry) -> Result<Option<Undo>> {
        Ok(match self {
            Self::Reorient(step) => Some(step.undo(before)),
            Self::Crop(_) => Some(Crop::undo(before, after)?),
            Self::Resample(step) => Some(step.undo(before)),
            Self::Resize(step) => Some(step.undo(before)),
            Self::Pad(step) => Some(step.undo(before)),
            Self::Custom(_) => (before == after).then_some(Undo::Nothing),
            _ => Some(Undo::Nothing),
        })
    }
}

impl Preprocess for Step {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        self.inner().apply(sample)
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        self.inner().invert(probabilities, before)
    }
}

macro_rules! from_step {
    ($($step:ident),*) => {$(
        impl From<$step> for Step {
            fn from(step: $step) -> Self {
                Self::$step(step)
            }
        }
    )*};
}
from_step!(
    Reorient,
    Crop,
    Resample,
    Resize,
    Pad,
    Clip,
    ClipPercentiles,
    ZScore,
    MinMax,
    Grayscale,
    HounsfieldWindow,
    CtNormalize,
    HistogramStandardize,
    OnChannels
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Padding;

    #[track_caller]
    fn check(json: &str, expected: Step) {
        let found: Step = serde_json::from_str(json).unwrap();
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        let again: Step = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        assert_eq!(format!("{again:?}"), format!("{expected:?}"));
    }

    #[test]
    fn a_file_names_steps_and_leaves_out_what_has_a_default() {
        check(r#""z-score""#, ZScore::default().into());
        check(r#"{ "clip": { "min": -79, "max": 304 } }"#, Clip { min: -79.0, max: 304.0 }.into());
        check(
            r#"{ "resample": { "spacing": [3.22, 1.62, 1.62] } }"#,
            Resample::to([3.22, 1.62, 1.62]).into(),
        );
        check(r#"{ "pad": { "divisible-by": [8, 8, 8] } }"#, Pad::divisible_by([8; 3]).into());
        check(
            r#"{ "pad": { "min-size": [8, 8, 8], "fill": { "value": 0 } } }"#,
            Pad { fill: Padding::Value(0.0), ..Pad::min_size([8; 3]) }.into(),
        );
        check(r#""crop""#, Crop::default().into());
        check(r#"{ "crop": { "to": { "above": -500 } } }"#, Crop::above(-500.0).into());
        check(r#"{ "reorient": { "to": "LPS" } }"#, Reorient { to: "LPS".parse().unwrap() }.into());
        check(r#"{ "z-score": { "over": "non-zero", "outside": "zero" } }"#, ZScore::non_zero().into());
        check(r#"{ "min-max": { "to": [-1, 1] } }"#, MinMax::to(-1.0, 1.0).into());
        check(
            r#"{ "on-channels": { "channels": [1], "step": "z-score" } }"#,
            OnChannels { channels: vec![1], step: Box::new(ZScore::default().into()) }.into(),
        );
    }

    #[test]
    fn a_typo_is_answered_with_the_names_that_fit() {
        let error = serde_json::from_str::<Step>(r#""zscore""#).unwrap_err().to_string();
        assert!(error.contains("unknown variant `zscore`") && error.contains("`z-score`"), "{error}");
        let error =
            serde_json::from_str::<Step>(r#"{ "clip": { "low": 0, "max": 1 } }"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `low`") && error.contains("`min`"), "{error}");
    }
}
