//! `mis evaluate`.

use anyhow::Result;
use mis_cli::Evaluate;
use mis_pipeline::{EvaluateConfig, EvaluationJob, evaluate, write_report};

pub(crate) fn run(args: &Evaluate) -> Result<()> {
    let standard = EvaluateConfig::default().metrics;
    let metrics = args.metrics.clone().unwrap_or(standard);
    let job = EvaluationJob {
        predictions: &args.predictions,
        truth: &args.truth,
        classes: &args.classes,
        config: &EvaluateConfig { metrics, policy: args.policy },
        common: args.common,
    };
    let report = evaluate(&job)?;
    if let Some(out) = &args.out {
        write_report(&report, out, "Evaluation")?;
    }
    print!("{}", report.table());
    Ok(())
}
