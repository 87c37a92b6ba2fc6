//! Any step, by name.

use std::sync::Arc;

use anyhow::Result;
use mis_core::{Geometry, Preprocess, Sample, Volume};
use serde::{Deserialize, Serialize};

use crate::{Clip, Pad, Resample, ZScore};

/// A step of a preprocessing pipeline: one of this crate's, by name in an experiment file, or your own in Rust.
///
/// In a file it is a table with the step's name as its key, or the bare name where all options have defaults:
/// `preprocess = [ { resample = { spacing = [3.22, 1.62, 1.62] } }, { clip = { min = -79, max = 304 } }, "z-score" ]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Step {
    /// To a spacing.
    Resample(Resample),
    /// To an intensity window.
    Clip(Clip),
    /// To mean 0 and standard deviation 1.
    ZScore(ZScore),
    /// To a shape.
    Pad(Pad),
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
            Self::Resample(_) => "resample",
            Self::Clip(_) => "clip",
            Self::ZScore(_) => "z-score",
            Self::Pad(_) => "pad",
            Self::Custom(_) => "custom",
        }
    }

    /// Says what is wrong with the options, before any data is read; a step of your own is not looked into.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Resample(step) => step.check(),
            Self::Clip(step) => step.check(),
            Self::Pad(step) => step.check(),
            Self::ZScore(_) | Self::Custom(_) => Ok(()),
        }
    }

    fn inner(&self) -> &dyn Preprocess {
        match self {
            Self::Resample(step) => step,
            Self::Clip(step) => step,
            Self::ZScore(step) => step,
            Self::Pad(step) => step,
            Self::Custom(step) => step.as_ref(),
        }
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
from_step!(Resample, Clip, ZScore, Pad);

#[cfg(test)]
mod tests {
    use super::*;

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
