//! How to score predictions.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Result, ensure};
use mis_eval::{Metric, MetricChoice, Policy};
use serde::{Deserialize, Serialize};

/// How to score predictions: the `[evaluate]` table of an experiment file.
///
/// ```
/// let config: mis_pipeline::EvaluateConfig = toml::from_str(
///     r#"
///     policy = "deepmind"
///     metrics = ["dice", "hd95", { nsd = { tolerance = 2.0 } }, "lesion-f1"]
///     "#,
/// )?;
/// assert_eq!(config.metrics()?[2].name(), "nsd_2mm");
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateConfig {
    /// The metrics, in the order of all tables; the first is the one that pictures and worst cases are of.
    pub metrics: Vec<MetricChoice>,
    /// Whose conventions they follow.
    pub policy: Policy,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self { metrics: MetricChoice::STANDARD.to_vec(), policy: Policy::default() }
    }
}

impl EvaluateConfig {
    /// The metrics under the policy. Refused without one, where one stands twice, or with an option that cannot be.
    pub fn metrics(&self) -> Result<Vec<Arc<dyn Metric>>> {
        let metrics = self.metrics.iter().map(|choice| choice.metric(self.policy));
        let metrics: Vec<_> = metrics.collect::<Result<_>>()?;
        ensure!(!metrics.is_empty(), "expected at least one metric, found none");
        let mut seen = BTreeSet::new();
        for metric in &metrics {
            ensure!(seen.insert(metric.name().to_owned()), "metric {} stands twice", metric.name());
        }
        Ok(metrics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_that_cannot_be_are_refused() {
        let error = |metrics: &[MetricChoice]| {
            let config = EvaluateConfig { metrics: metrics.to_vec(), policy: Policy::default() };
            config.metrics().unwrap_err().to_string()
        };
        assert_eq!(error(&[]), "expected at least one metric, found none");
        assert_eq!(error(&[MetricChoice::Dice, MetricChoice::Dice]), "metric dice stands twice");
        assert!(error(&[MetricChoice::Nsd { tolerance: -1.0 }]).starts_with("nsd: tolerance must be"));
    }
}
