//! `mis check`.

use anyhow::{Result, ensure};
use mis_cli::{Check, LogFormat};
use mis_pipeline::check;

use crate::experiment;

pub(crate) fn run(args: &Check, threads: Option<usize>, log: LogFormat) -> Result<()> {
    let checked = check(&experiment::read(&args.experiment, log)?, threads.unwrap_or(0))?;
    print!("{checked}");
    ensure!(!checked.stops_training(), "the experiment cannot be carried out as it is");
    Ok(())
}
