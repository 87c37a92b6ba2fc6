//! What a run of the benchmark came to, as a page: the paper's Table 1, its figures, and what makes it again.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use mis::core::write_atomically;
use mis::eval::Report;
use sha2::{Digest as _, Sha256};

use super::beside_the_paper;

/// Writes `bench-kits.md` into the folder of a run, and gives its text.
pub fn write_record(report: &Report, preset: &str, run: &Path) -> Result<String> {
    let mut page = format!("# bench-kits, preset {preset}\n\n## Dice beside the paper\n\n```text\n");
    page.push_str(&beside_the_paper(report)?);
    page.push_str("```\n\n## Table 1\n\n");
    page.push_str(&table_1(report, run)?);
    page.push_str(
        "\nLosses are those of the last validated epoch, the mean over folds; Dice is of whole scans on their own lattice, \
         over all cases.\n\n\
         ## Fig. 4: loss of training and validation by epoch, each fold and the mean\n\n![](plots/loss.svg)\n\n\
         ## Fig. 5: Dice of the cases by class\n\n![](plots/scores.svg)\n\n## Reproducibility\n\n",
    );
    page.push_str(&statement(report, run)?);
    write_atomically(&run.join("bench-kits.md"), |file| Ok(file.write_all(page.as_bytes())?))?;
    Ok(page)
}

/// The paper's Table 1: loss and Dice by class, of training and validation.
fn table_1(report: &Report, run: &Path) -> Result<String> {
    let losses = losses(report, run)?;
    let mean = |of: fn(&Losses) -> f64| losses.iter().map(of).sum::<f64>() / losses.len() as f64;
    let mut table = String::from("| | training | validation |\n|---|---|---|\n");
    if !losses.is_empty() {
        writeln!(table, "| loss | {:.4} | {:.4} |", mean(|of| of.training), mean(|of| of.validation))?;
    }
    let dice = report.metric_idx("dice").context("the report has no Dice")?;
    for (class, name) in report.classes().iter().enumerate() {
        let of_class = report.aggregate(dice, class);
        let cell = of_class.map_or("undefined".to_owned(), |dice| {
            format!("mean {:.4}, median {:.4}, sd {:.4}", dice.mean, dice.median, dice.sd)
        });
        writeln!(table, "| Dice, {name} | | {cell} |")?;
    }
    Ok(table)
}

struct Losses {
    training: f64,
    validation: f64,
}

/// Each fold's losses in the last epoch that was validated.
fn losses(report: &Report, run: &Path) -> Result<Vec<Losses>> {
    let mut losses = Vec::new();
    for fold in report.folds() {
        let path = run.join(format!("fold_{}/history.tsv", fold.fold));
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut rows = text.lines().map(|row| row.split('\t').collect::<Vec<_>>());
        let head = rows.next().unwrap_or_default();
        let column = |name: &str| {
            let found = head.iter().position(|column| *column == name);
            found.with_context(|| format!("{} lacks the column {name}", path.display()))
        };
        let (training, validation) = (column("loss")?, column("val_loss")?);
        let number = |row: &[&str], column: usize| row.get(column)?.parse::<f64>().ok();
        let mut validated = rows.filter_map(|row| {
            Some(Losses { training: number(&row, training)?, validation: number(&row, validation)? })
        });
        losses.extend(validated.next_back());
    }
    Ok(losses)
}

/// What the run was made with, what it is known by, and what of it comes again to the bit.
fn statement(report: &Report, run: &Path) -> Result<String> {
    let mut text = String::from("| | |\n|---|---|\n");
    for (name, value) in report.facts() {
        writeln!(text, "| {name} | {value} |")?;
    }
    writeln!(text, "| cases, folds | {}, {} |", report.cases().count(), report.folds().len())?;
    writeln!(text, "| predictions sha-256 | {} |", predictions_sha256(report, run)?)?;
    let on_cpu = report.facts().iter().any(|(name, value)| name == "device" && value == "cpu");
    let clause = if on_cpu {
        "Trained on the CPU: another run of this revision on these data, with as many threads and in this precision on a \
         processor of this kind, gives these predictions to the bit, stopped and resumed or not, with any number of workers."
    } else {
        "Trained on a GPU: another run draws the same folds, patches and augmentation to the bit; cuDNN adds in no fixed \
         order, so that weights and predictions agree within a tolerance."
    };
    writeln!(text, "\n{clause} `experiment.toml` of this folder carries it out again:\n")?;
    writeln!(text, "```sh\nmis cv experiment.toml --out again\n```")?;
    Ok(text)
}

/// SHA-256 over the label maps of all scored cases, in the order of folds and cases.
fn predictions_sha256(report: &Report, run: &Path) -> Result<String> {
    let mut digest = Sha256::new();
    for (fold, case) in report.cases() {
        let path = run.join(format!("fold_{fold}/predictions/{}.nii.gz", case.id));
        let labels = mis::io::nifti::read_labels(&path, None)?;
        digest.update(case.id.0.as_bytes());
        digest.update(labels.as_slice());
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
