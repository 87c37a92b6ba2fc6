//! `mis convert`.

use anyhow::Result;
use mis_cli::Convert;
use mis_pipeline::{ConvertJob, convert};

pub(crate) fn run(args: &Convert) -> Result<()> {
    let job = ConvertJob {
        input: args.input.clone(),
        scan: args.on.clone(),
        classes: args.classes.clone(),
        out: args.out.clone(),
    };
    for (value, name) in convert(&job)?.iter().enumerate() {
        println!("{value}\t{name}");
    }
    Ok(())
}
