//! What is told of a workload: one line of JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One workload's result, as a line of the results file holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The operation.
    pub op: String,
    /// Which form of it; empty where there is one.
    pub variant: String,
    /// Whose result it is: `mis`.
    pub peer: String,
    /// Which options; empty for what a user gets without any.
    pub config: String,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a workload went.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was measured.
    Measured(Measured),
    /// It failed.
    Failed {
        /// Why.
        error: String,
    },
}

/// Time, memory and what is needed to check the result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// The version of this library.
    pub version: String,
    /// The median of all repeats; of random draws their mean, which a rare expensive draw counts in.
    pub median_s: f64,
    /// The shortest.
    pub min_s: f64,
    /// The longest.
    pub max_s: f64,
    /// How many repeats.
    pub n: usize,
    /// The most memory the process held, inputs included, in MiB.
    pub peak_rss_mb: f64,
    /// Of a training: what it had come to after how many seconds, point by point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Vec<Value>>,
    /// Of a training: the threads it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    /// Further facts by name.
    pub extra: Map<String, Value>,
}

impl Measured {
    /// The same with one more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }
}
