//! `mis predict`.

use anyhow::{Result, bail};
use mis_cli::Predict;
use mis_pipeline::{PredictionJob, Ranks, StopSignal, forecast_prediction, predict};

use crate::experiment::device;

pub(crate) fn run(args: &Predict, stop: &StopSignal, ranks: &dyn Ranks) -> Result<()> {
    let Some((input, runs)) = args.paths.split_last() else { bail!("expected a run and scans") };
    let out = args.out.clone().unwrap_or_default();
    let job = PredictionJob {
        runs,
        input,
        out: &out,
        combine: &args.combine.parse()?,
        probabilities: args.probabilities,
        resume: args.resume,
        memory: args.run.memory()?,
        device: device(&args.device),
        stop,
        ranks,
    };
    if args.run.dry_run {
        let forecast = forecast_prediction(&job)?;
        if ranks.is_first() {
            print!("{forecast}");
        }
        return Ok(());
    }
    let files = predict(&job)?;
    for path in files.iter().filter(|_| ranks.is_first()) {
        println!("{}", path.display());
    }
    Ok(())
}
