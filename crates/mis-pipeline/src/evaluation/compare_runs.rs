//! Two runs on the same cases.

use std::path::Path;

use anyhow::{Context as _, Result};
use mis_eval::{PairedScores, ScoreTable, compare_scores};

/// Compares two runs case by case, for each metric and foreground class that both have: means, their difference with its
/// confidence interval, and Wilcoxon's signed-rank test. A run is a folder with `scores.tsv`, or such a file.
pub fn compare_runs(first: &Path, second: &Path) -> Result<Vec<PairedScores>> {
    let read = |run: &Path| {
        let file = if run.is_dir() { run.join("scores.tsv") } else { run.to_owned() };
        ScoreTable::read(&file)
    };
    compare_scores(&read(first)?, &read(second)?, 0)
        .with_context(|| format!("cannot compare {} with {}", first.display(), second.display()))
}
