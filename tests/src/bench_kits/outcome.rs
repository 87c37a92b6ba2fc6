//! What the benchmark came to, beside the paper.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use mis::eval::{Aggregate, Report};

/// Dice medians of the paper's 3-fold cross-validation on 120 cases of KiTS19, by class.
const PAPER: [(&str, f64); 2] = [("kidney", 0.9544), ("tumor", 0.7912)];

/// How far mean and median Dice may lie from a stored baseline's: processors with other vector instructions round
/// differently, and trainings of minutes part from there. The larger one is the tumor's, of which a fold has few.
const TOLERANCE: [(&str, f64); 2] = [("kidney", 0.02), ("tumor", 0.08)];

/// Median and mean Dice of kidney and tumor, per fold and over all, beside the paper's medians.
pub fn beside_the_paper(report: &Report) -> Result<String> {
    let mut table = format!("{:<10}", "Dice");
    for (class, _) in PAPER {
        write!(table, "  {:>14}  {:>12}", format!("{class} median"), "mean")?;
    }
    table.push('\n');
    for scores in report.folds() {
        row(&mut table, &format!("fold {}", scores.fold), &report.only(scores.fold))?;
    }
    row(&mut table, "all", report)?;
    write!(table, "{:<10}", "MIScnn")?;
    for (_, median) in PAPER {
        write!(table, "  {median:>14.4}  {:>12}", "")?;
    }
    table.push_str("  (KiTS19, 120 cases)\n");
    Ok(table)
}

fn row(table: &mut String, name: &str, report: &Report) -> Result<()> {
    write!(table, "{name:<10}")?;
    for (class, _) in PAPER {
        match dice(report, class)? {
            Some(dice) => write!(table, "  {:>14.4}  {:>12.4}", dice.median, dice.mean)?,
            None => write!(table, "  {:>14}  {:>12}", "-", "-")?,
        }
    }
    table.push('\n');
    Ok(())
}

fn dice(report: &Report, class: &str) -> Result<Option<Aggregate>> {
    let metric = report.metric_idx("dice").context("the report has no Dice")?;
    let class_idx = report.classes().iter().position(|name| name == class);
    Ok(report.aggregate(metric, class_idx.with_context(|| format!("the report has no class {class}"))?))
}

/// Compares a report with the baseline stored in a file: the same data, and Dice within the tolerance.
pub fn check(report: &Report, baseline: &Path) -> Result<String> {
    let stored = Report::read(baseline)?;
    let data = |report: &Report| {
        report.facts().iter().find(|(name, _)| name == "data sha-256").map(|(_, value)| value.clone())
    };
    if data(report) != data(&stored) {
        bail!(
            "{} is of other data: expected {:?}, found {:?}",
            baseline.display(),
            data(&stored),
            data(report)
        );
    }
    let mut lines = String::new();
    let mut off = Vec::new();
    for (class, tolerance) in TOLERANCE {
        let (found, expected) = (dice(report, class)?, dice(&stored, class)?);
        let (Some(found), Some(expected)) = (found, expected) else {
            bail!("{class} has no Dice to compare")
        };
        for (what, found, expected) in
            [("median", found.median, expected.median), ("mean", found.mean, expected.mean)]
        {
            let line = format!("{class} {what} {found:.4}, baseline {expected:.4} ± {tolerance}");
            if (found - expected).abs() > tolerance {
                off.push(line);
            } else {
                writeln!(lines, "{line}")?;
            }
        }
    }
    if off.is_empty() { Ok(lines) } else { bail!("Dice is off: {}", off.join("; ")) }
}
