//! Scores of a prediction.

use anyhow::{Context as _, Result};
use mis::eval::{MetricChoice, Policy, score_case};
use serde_json::Value;

use super::case::Case;
use super::line::Measured;
use super::timing::repeat_same;

/// Scores two label maps for both classes of foreground under a policy, as an evaluation does. The scores are told under
/// `values`, or `values_peer` where they follow the convention of a peer that is not the one `values` are compared with.
pub(super) fn score(
    case: &Case<'_>,
    metric: MetricChoice,
    policy: Policy,
    told_as: &str,
) -> Result<Measured> {
    let (measured, [values]) = score_all(case, [metric], policy)?;
    Ok(measured.with(told_as, values))
}

/// Scores the part of the surfaces within 1 and within 2 mm, as [`score`] does.
pub(super) fn surface_dice(case: &Case<'_>, policy: Policy, told_as: &str) -> Result<Measured> {
    let within = [1.0, 2.0].map(|tolerance| MetricChoice::Nsd { tolerance });
    let (measured, [one, two]) = score_all(case, within, policy)?;
    Ok(measured.with(told_as, serde_json::json!({"1.0": one, "2.0": two})))
}

/// The values of each metric, class by class.
fn score_all<const N: usize>(
    case: &Case<'_>,
    metrics: [MetricChoice; N],
    policy: Policy,
) -> Result<(Measured, [Value; N])> {
    let (truth, prediction) = (case.inputs.truth()?, case.inputs.prediction()?);
    let metrics: Vec<_> = metrics.map(|metric| metric.metric(policy)).into_iter().collect::<Result<_>>()?;
    let (measured, scored) = repeat_same(|| score_case(&"ct".into(), &prediction, &truth, &metrics, 3))?;
    let values = |scores: &Vec<Option<f64>>| -> Result<Value> {
        let values: Option<Vec<f64>> = scores[1..].iter().copied().collect();
        Ok(values.context("a class has no score")?.into())
    };
    let values: Vec<_> = scored.scores.iter().map(values).collect::<Result<_>>()?;
    Ok((measured, values.try_into().ok().context("one list of values per metric")?))
}
