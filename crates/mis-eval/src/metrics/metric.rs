//! What a score is.

use std::fmt::Debug;

use mis_core::LabelMap;
use serde::{Deserialize, Serialize};

use crate::Comparison;

/// A score of one class: how well a prediction meets the truth.
///
/// Both label maps lie on one lattice: [`score_case`](crate::score_case) has checked it, and a metric may panic where it
/// is not so. The answer is a number, infinite where the metric's [`Policy`](crate::Policy) says so, or none where the
/// score is undefined, such as the Dice of a class that neither map has. A report leaves undefined scores out of its
/// means and says how many there were.
pub trait Metric: Debug + Send + Sync {
    /// What tables call it, in lower case: `dice`. No two metrics of a report have one name.
    fn name(&self) -> &str;

    /// The score of one class; none where it is undefined.
    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64>;

    /// The same score, from what the metrics of a case share: counts and surface distances are then made once for all
    /// of them.
    fn score_shared(&self, case: &Comparison<'_>, class: u8) -> Option<f64> {
        self.score(case.prediction(), case.truth(), class)
    }

    /// How to read the score.
    fn about(&self) -> About {
        About::default()
    }
}

/// How to read a score.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The unit, such as `mm`; empty for ratios.
    pub unit: String,
    /// Which scores are good ones.
    pub better: Better,
    /// Which of the conventions in use it follows, for empty masks above all; printed under every table.
    pub convention: String,
}

/// Which scores are good ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// High ones, as of Dice.
    #[default]
    High,
    /// Low ones, as of a distance.
    Low,
    /// Those near zero, as of a difference.
    NearZero,
    /// None: it describes, as a volume does.
    Neither,
}

impl Better {
    /// How bad a score is: larger is worse.
    #[must_use]
    pub fn badness(self, score: f64) -> f64 {
        match self {
            Self::High => -score,
            Self::Low => score,
            Self::NearZero => score.abs(),
            Self::Neither => 0.0,
        }
    }
}
