//! `mis inspect`.

use anyhow::Result;
use mis_cli::Inspect;
use mis_pipeline::{inspect_folder, write_inspection};

pub(crate) fn run(args: &Inspect, threads: Option<usize>) -> Result<()> {
    let found = inspect_folder(&args.data, args.classes.as_ref(), threads.unwrap_or(0))?;
    if let Some(csv) = &args.csv {
        found.write_csv(csv)?;
    }
    if let Some(html) = &args.html {
        write_inspection(&found, &format!("Inspection of {}", args.data.display()), html)?;
    }
    print!("{found}");
    Ok(())
}
