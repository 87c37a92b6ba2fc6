//! `--memory` and `--dry-run`.

use anyhow::{Result, ensure};
use clap::Args;

/// What a run may take, and whether it is carried out at all.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Say what would be read, how many patches, batches and parameters there are, and what memory and disk it takes
    #[arg(long)]
    pub dry_run: bool,
    /// GiB of memory that it may take; more is refused before it begins [default: what the machine has available]
    #[arg(long, value_name = "GIB")]
    memory: Option<f64>,
}

impl RunArgs {
    /// The memory in bytes.
    pub fn memory(&self) -> Result<Option<u64>> {
        let Some(memory) = self.memory else { return Ok(None) };
        ensure!(memory > 0.0, "memory must be positive, got {memory} GiB");
        Ok(Some((memory * f64::from(1_u32 << 30)) as u64))
    }
}
