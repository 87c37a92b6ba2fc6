//! How much memory this process holds, as Linux tells it.

use std::fs;

use anyhow::{Context as _, Result};

/// Memory in MiB from one point of the process on.
pub(super) struct Memory {
    before: f64,
    /// The most that was held before the point.
    peak_before: f64,
}

impl Memory {
    /// From here on.
    pub(super) fn mark() -> Result<Self> {
        let mark = Self { before: status("VmRSS")?, peak_before: peak_mb()? };
        // Starts the high-water mark anew. Where a container forbids it, the mark includes the loading of the inputs.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Ok(mark)
    }

    /// What was resident at the point.
    pub(super) fn before_mb(&self) -> f64 {
        self.before
    }

    /// How far it went above that since.
    pub(super) fn added_mb(&self) -> Result<f64> {
        Ok(peak_mb()? - self.before)
    }

    /// The most of the whole process.
    pub(super) fn peak_mb(&self) -> Result<f64> {
        Ok(peak_mb()?.max(self.peak_before))
    }
}

/// The most that was resident since the start, or since the last mark, in MiB.
pub(super) fn peak_mb() -> Result<f64> {
    status("VmHWM")
}

fn status(key: &str) -> Result<f64> {
    const FILE: &str = "/proc/self/status";
    let status = fs::read_to_string(FILE).with_context(|| format!("memory is read from {FILE}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.with_context(|| format!("{FILE} has no {key}"))? / 1024.0)
}
