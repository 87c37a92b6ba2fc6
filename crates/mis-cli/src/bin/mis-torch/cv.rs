//! `mis cv`.

use std::rc::Rc;

use anyhow::Result;
use mis_cli::{Cv, LogFormat};
use mis_pipeline::{Ranks, RunOptions, StopSignal, cross_validate, forecast_cross_validation};

use crate::experiment;

pub(crate) fn run(args: &Cv, stop: &StopSignal, ranks: &Rc<dyn Ranks>, log: LogFormat) -> Result<()> {
    let experiment = experiment::read(&args.experiment, log)?;
    if args.run.dry_run {
        let forecast = forecast_cross_validation(&experiment, args.folds.as_deref())?;
        if ranks.is_first() {
            print!("{forecast}");
        }
        return Ok(());
    }
    let options = RunOptions {
        out: args.out.clone().unwrap_or_default(),
        resume: args.resume,
        folds: args.folds.clone(),
        memory: args.run.memory()?,
        stop: stop.clone(),
        ranks: ranks.clone(),
    };
    let report = cross_validate(&experiment, &options)?;
    if ranks.is_first() {
        println!("{}", report.table());
    }
    Ok(())
}
