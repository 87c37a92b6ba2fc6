//! The files of a report.

use std::path::Path;

use anyhow::Result;
use mis_eval::Report;

/// The file that a report can be read from again; of a fold it is written last: where it stands, the fold is finished.
pub(crate) const SUMMARY: &str = "summary.json";

/// Writes a report into a folder: `scores.tsv`, `summary.json` and `report.html`.
pub fn write_report(report: &Report, folder: &Path, title: &str) -> Result<()> {
    write_scores(report, folder)?;
    report.write_html(&folder.join("report.html"), title)
}

/// Writes `scores.tsv` and `summary.json`.
pub(crate) fn write_scores(report: &Report, folder: &Path) -> Result<()> {
    report.write_scores(&folder.join("scores.tsv"))?;
    report.write(&folder.join(SUMMARY))
}
