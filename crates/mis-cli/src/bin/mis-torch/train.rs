//! `mis train`.

use std::rc::Rc;

use anyhow::Result;
use mis_cli::{LogFormat, Train};
use mis_pipeline::{Ranks, RunOptions, StopSignal, forecast_training, train};

use crate::experiment;

pub(crate) fn run(args: &Train, stop: &StopSignal, ranks: &Rc<dyn Ranks>, log: LogFormat) -> Result<()> {
    let experiment = experiment::read(&args.experiment, log)?;
    if args.run.dry_run {
        let forecast = forecast_training(&experiment, args.fold)?;
        if ranks.is_first() {
            print!("{forecast}");
        }
        return Ok(());
    }
    let options = RunOptions {
        out: args.out.clone().unwrap_or_default(),
        resume: args.resume,
        folds: None,
        memory: args.run.memory()?,
        stop: stop.clone(),
        ranks: ranks.clone(),
    };
    train(&experiment, args.fold, &options)
}
