//! `mis plan`.

use anyhow::Result;
use mis_cli::Plan;
use mis_pipeline::{PlanOptions, plan, write_plan};

pub(crate) fn run(args: &Plan) -> Result<()> {
    let options = PlanOptions {
        classes: args.classes.clone(),
        channels: args.channels.clone(),
        gigabytes: args.memory,
    };
    match &args.out {
        Some(out) => write_plan(&args.data, out, &options),
        None => {
            print!("{}", plan(&args.data, &options)?);
            Ok(())
        }
    }
}
