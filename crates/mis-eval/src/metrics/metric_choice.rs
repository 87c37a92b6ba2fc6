//! The metrics of an experiment.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde::de::value::{MapAccessDeserializer, MapDeserializer, StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Accuracy, Assd, Dice, Hausdorff, Hd95, Jaccard, LesionF1, LesionPrecision, LesionRecall, LesionRule,
    Metric, Nsd, Policy, Precision, PredictedVolume, RelativeVolumeDifference, Sensitivity, Specificity,
    TrueVolume, VolumeDifference,
};

/// A metric by the name that an experiment file gives it: `"dice"`, `"volume-difference"`,
/// `{ nsd = { tolerance = 2.0 } }`, `"lesion-f1"`, `{ lesion-f1 = { overlap = { iou = 0.1 } } }`.
///
/// On the command line options stand behind a colon: `nsd:2`, and lesions are found by their default rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MetricChoice {
    /// [`Dice`].
    Dice,
    /// [`Jaccard`].
    Jaccard,
    /// [`Precision`].
    Precision,
    /// [`Sensitivity`].
    Sensitivity,
    /// [`Specificity`].
    Specificity,
    /// [`Accuracy`].
    Accuracy,
    /// [`PredictedVolume`].
    PredictedVolume,
    /// [`TrueVolume`].
    TrueVolume,
    /// [`VolumeDifference`].
    VolumeDifference,
    /// [`RelativeVolumeDifference`].
    RelativeVolumeDifference,
    /// [`Hausdorff`].
    Hausdorff,
    /// [`Hd95`].
    Hd95,
    /// [`Assd`].
    Assd,
    /// [`Nsd`].
    Nsd {
        /// In mm.
        tolerance: f64,
    },
    /// [`LesionPrecision`].
    LesionPrecision(LesionRule),
    /// [`LesionRecall`].
    LesionRecall(LesionRule),
    /// [`LesionF1`].
    LesionF1(LesionRule),
}

impl MetricChoice {
    /// The metric under a policy; an option that cannot be is refused.
    pub fn metric(self, policy: Policy) -> Result<Arc<dyn Metric>> {
        if let Self::LesionPrecision(rule) | Self::LesionRecall(rule) | Self::LesionF1(rule) = self {
            rule.check()?;
        }
        Ok(match self {
            Self::Dice => Arc::new(Dice { policy }),
            Self::Jaccard => Arc::new(Jaccard { policy }),
            Self::Precision => Arc::new(Precision),
            Self::Sensitivity => Arc::new(Sensitivity),
            Self::Specificity => Arc::new(Specificity),
            Self::Accuracy => Arc::new(Accuracy),
            Self::PredictedVolume => Arc::new(PredictedVolume),
            Self::TrueVolume => Arc::new(TrueVolume),
            Self::VolumeDifference => Arc::new(VolumeDifference),
            Self::RelativeVolumeDifference => Arc::new(RelativeVolumeDifference),
            Self::Hausdorff => Arc::new(Hausdorff { policy }),
            Self::Hd95 => Arc::new(Hd95 { policy }),
            Self::Assd => Arc::new(Assd { policy }),
            Self::Nsd { tolerance } => Arc::new(Nsd::new(tolerance, policy)?),
            Self::LesionPrecision(rule) => Arc::new(LesionPrecision { rule }),
            Self::LesionRecall(rule) => Arc::new(LesionRecall { rule }),
            Self::LesionF1(rule) => Arc::new(LesionF1 { rule }),
        })
    }

    /// Those of a report where nobody chose: Dice, Jaccard, precision, sensitivity, volume difference, HD95, ASSD.
    pub const STANDARD: [Self; 7] = [
        Self::Dice,
        Self::Jaccard,
        Self::Precision,
        Self::Sensitivity,
        Self::VolumeDifference,
        Self::Hd95,
        Self::Assd,
    ];
}

/// The metrics of a report where nobody chose, under the default policy: [`MetricChoice::STANDARD`].
#[must_use]
pub fn standard_metrics() -> Vec<Arc<dyn Metric>> {
    let metric = |choice: MetricChoice| choice.metric(Policy::default());
    MetricChoice::STANDARD.into_iter().map(metric).collect::<Result<_>>().expect("they have no options")
}

impl Serialize for MetricChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The derive's own function of the remote form, not this one.
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for MetricChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

/// A name, where the metric has no options or all of them have defaults; or a table with the name as its one key.
struct Form;

impl<'de> de::Visitor<'de> for Form {
    type Value = MetricChoice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a metric's name, or a table with the name as its one key")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<MetricChoice, E> {
        if name == "nsd" || name.starts_with("lesion-") {
            let no_options = std::collections::BTreeMap::<&str, f64>::new();
            let table = MapDeserializer::new(std::iter::once((name, no_options)));
            MetricChoice::deserialize(MapAccessDeserializer::new(table))
        } else {
            MetricChoice::deserialize(StrDeserializer::new(name))
        }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut table: A) -> Result<MetricChoice, A::Error> {
        let choice = MetricChoice::deserialize(MapAccessDeserializer::new(&mut table))?;
        match table.next_key::<String>()? {
            None => Ok(choice),
            Some(more) => Err(de::Error::custom(format_args!(
                "expected a table with one metric, found `{more}` beside it"
            ))),
        }
    }
}

impl FromStr for MetricChoice {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = |name: &str| -> Result<Self, de::value::Error> { de::Visitor::visit_str(Form, name) };
        let choice = match text.split_once(':') {
            Some(("nsd", tolerance)) => {
                let tolerance = tolerance.parse();
                Self::Nsd { tolerance: tolerance.with_context(|| format!("expected millimetres: {text}"))? }
            }
            Some((name, _)) => {
                anyhow::bail!("expected a metric, nsd with its tolerance as nsd:2, found options of {name}")
            }
            None if text == "nsd" => anyhow::bail!("expected nsd with its tolerance in mm, as nsd:2"),
            None => named(text).map_err(|error| anyhow::anyhow!("{error}"))?,
        };
        choice.metric(Policy::default())?;
        Ok(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: MetricChoice) {
        let found: MetricChoice = serde_json::from_str(json).unwrap();
        assert_eq!(found, expected);
        assert_eq!(
            serde_json::from_str::<MetricChoice>(&serde_json::to_string(&found).unwrap()).unwrap(),
            found
        );
    }

    #[test]
    fn a_choice_is_a_name_or_a_name_with_options() {
        check(r#""volume-difference""#, MetricChoice::VolumeDifference);
        check(r#"{"nsd": {"tolerance": 2.0}}"#, MetricChoice::Nsd { tolerance: 2.0 });
        check(r#""lesion-f1""#, MetricChoice::LesionF1(LesionRule::default()));
        let overlap = crate::LesionOverlap::Iou(0.1);
        let rule = LesionRule { overlap, connectivity: crate::Connectivity::Faces };
        check(
            r#"{"lesion-recall": {"connectivity": "faces", "overlap": {"iou": 0.1}}}"#,
            MetricChoice::LesionRecall(rule),
        );
    }

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        let error = text.parse::<MetricChoice>().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn what_no_metric_is_named_is_told_with_the_names_that_fit() {
        assert_eq!("nsd:1.5".parse::<MetricChoice>().unwrap(), MetricChoice::Nsd { tolerance: 1.5 });
        assert_eq!("hd95".parse::<MetricChoice>().unwrap(), MetricChoice::Hd95);
        check_error("dize", "unknown variant `dize`, expected one of `dice`, `jaccard`");
        check_error("nsd", "as nsd:2");
        check_error("nsd:-2", "tolerance must be 0 mm or more, got -2");
        check_error("dice:2", "found options of dice");
    }
}
