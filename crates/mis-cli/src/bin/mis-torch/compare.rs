//! `mis compare`.

use anyhow::Result;
use mis_cli::Compare;
use mis_pipeline::{compare_runs, paired_table, write_paired};

pub(crate) fn run(args: &Compare) -> Result<()> {
    let compared = compare_runs(&args.first, &args.second)?;
    if let Some(out) = &args.out {
        write_paired(out, &compared)?;
    }
    print!("{}", paired_table(&compared));
    Ok(())
}
