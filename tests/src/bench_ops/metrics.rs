//! Scores of a prediction.

use anyhow::{Context as _, Result};
use mis::eval::{MetricChoice, score_case};

use super::case::Case;
use super::line::Measured;
use super::timing::repeat_same;

/// Scores two label maps for both classes of foreground, as an evaluation does. The scores are told under `values`, or
/// `values_peer` where they follow the convention of a peer that is not the one `values` are compared with.
pub(super) fn score(case: &Case<'_>, metric: MetricChoice, told_as: &str) -> Result<Measured> {
    let (truth, prediction) = (case.inputs.truth()?, case.inputs.prediction()?);
    let metrics = [metric.metric()];
    let (measured, scored) = repeat_same(|| score_case(&"ct".into(), &prediction, &truth, &metrics, 3))?;
    let values: Option<Vec<f64>> = scored.scores[0][1..].iter().copied().collect();
    Ok(measured.with(told_as, values.context("a class has no score")?))
}
