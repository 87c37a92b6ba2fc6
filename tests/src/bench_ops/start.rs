//! How long a program of this library takes to start.

use std::io::Write;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Map;

use super::case::Case;
use super::line::Measured;
use super::memory::peak_mb;

/// The whole process that loads libtorch, prints the version and ends: once to warm up, then the median of three.
pub(super) fn start(case: &Case<'_>) -> Result<Measured> {
    let mut times = Vec::new();
    let mut peak_rss_mb = 0.0_f64;
    for _ in 0..4 {
        let start = Instant::now();
        let output = Command::new(std::env::current_exe()?)
            .args(["--hello", "--threads", &case.threads.to_string()])
            .output()?;
        times.push(start.elapsed().as_secs_f64());
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout)?;
        let peak = said.split_whitespace().last().and_then(|peak| peak.parse().ok());
        peak_rss_mb = peak_rss_mb.max(peak.context("the process does not say its memory")?);
    }
    let first_s = times.remove(0);
    times.sort_by(f64::total_cmp);
    Ok(Measured {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        median_s: times[1],
        min_s: times[0],
        max_s: times[2],
        n: times.len(),
        peak_rss_mb,
        log: None,
        threads: None,
        extra: Map::new(),
    }
    .with("first_s", first_s))
}

/// What the measured process does: sets libtorch up, and says the version and the most memory it held, in MiB.
pub fn say_hello(threads: usize, mut out: impl Write) -> Result<()> {
    mis::pipeline::set_threads(Some(threads))?;
    writeln!(out, "{} {}", env!("CARGO_PKG_VERSION"), peak_mb()?)?;
    Ok(())
}
