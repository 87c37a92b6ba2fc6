//! Two runs on the same cases.

use std::path::Path;

use anyhow::{Result, ensure};
use mis_core::{SampleId, aligned_rows, write_atomically};

use crate::{Interval, ScoreTable, Wilcoxon, bootstrap_mean, wilcoxon};

/// What two runs say of the same cases by one metric and class, case by case.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedScores {
    /// The metric.
    pub metric: String,
    /// The class.
    pub class: String,
    /// Cases whose score is defined in both runs; all that follows is of these.
    pub n: usize,
    /// Cases whose score is undefined in one run or both.
    pub n_undefined: usize,
    /// The mean in the first run.
    pub mean_a: f64,
    /// The mean in the second run.
    pub mean_b: f64,
    /// The mean of the differences, second minus first.
    pub difference: f64,
    /// The 95 % confidence interval of that mean: see [`bootstrap_mean`].
    pub interval: Option<Interval>,
    /// Cases whose score is larger in the second run.
    pub n_larger: usize,
    /// Cases whose score is smaller in the second run.
    pub n_smaller: usize,
    /// Whether the differences are symmetric about zero; none where no case differs.
    pub test: Option<Wilcoxon>,
}

/// Compares two runs, pair by pair, for each metric and foreground class (any but the first) that both have, in the first
/// run's order. Refused where the cases differ or no metric and class is in both.
pub fn compare_scores(a: &ScoreTable, b: &ScoreTable, seed: u64) -> Result<Vec<PairedScores>> {
    let (ids_a, ids_b) = (a.ids(), b.ids());
    for (without, ids) in [("second", ids_a.difference(&ids_b)), ("first", ids_b.difference(&ids_a))] {
        let missing: Vec<&&SampleId> = ids.collect();
        let n = missing.len();
        ensure!(
            n == 0,
            "expected the same cases in both runs, found {n} that the {without} lacks, such as {}",
            missing[0]
        );
    }
    let background = a.columns().first().map(|(_, class)| class);
    let mut compared = Vec::new();
    for (column_a, name) in a.columns().iter().enumerate() {
        let column_b = b.columns().iter().position(|other| other == name);
        if let Some(column_b) = column_b.filter(|_| Some(&name.1) != background) {
            compared.push(compare_column(a, b, [column_a, column_b], seed));
        }
    }
    ensure!(!compared.is_empty(), "expected a metric and class that both runs have, found none");
    Ok(compared)
}

fn compare_column(a: &ScoreTable, b: &ScoreTable, columns: [usize; 2], seed: u64) -> PairedScores {
    let (metric, class) = a.columns()[columns[0]].clone();
    let (scores_a, scores_b) = (a.by_case(columns[0]), b.by_case(columns[1]));
    let pairs: Vec<(f64, f64)> =
        scores_a.iter().filter_map(|(id, score)| Some(((*score)?, scores_b[id]?))).collect();
    // Two infinities are the same miss.
    let differences: Vec<f64> = pairs.iter().map(|&(a, b)| if a == b { 0.0 } else { b - a }).collect();
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / pairs.len() as f64;
    let count = |is: fn(&&f64) -> bool| differences.iter().filter(is).count();
    PairedScores {
        metric,
        class,
        n: pairs.len(),
        n_undefined: scores_a.len() - pairs.len(),
        mean_a: mean(&mut pairs.iter().map(|pair| pair.0)),
        mean_b: mean(&mut pairs.iter().map(|pair| pair.1)),
        difference: mean(&mut differences.iter().copied()),
        interval: bootstrap_mean(&differences, seed).filter(|interval| !interval.low.is_nan()),
        n_larger: count(|difference| **difference > 0.0),
        n_smaller: count(|difference| **difference < 0.0),
        test: wilcoxon(&differences),
    }
}

/// A comparison as aligned plain text for a terminal, with how to read it below.
#[must_use]
pub fn paired_table(compared: &[PairedScores]) -> String {
    let rows: Vec<_> = std::iter::once(head()).chain(compared.iter().map(|row| cells(row, places))).collect();
    let note = "difference: second run minus first, mean over cases, with its 95 % confidence interval (percentile \
                bootstrap)\np: Wilcoxon's signed-rank test, two-sided; exact without ties up to 50 cases that differ, else \
                by the normal distribution; not adjusted for the number of rows\n";
    format!("{}\n{note}", aligned_rows(&rows, 2))
}

/// Writes a comparison as a table of tab-separated values with all digits.
pub fn write_paired(path: &Path, compared: &[PairedScores]) -> Result<()> {
    write_atomically(path, |file| {
        let mut table = csv::WriterBuilder::new().delimiter(b'\t').from_writer(file);
        table.write_record(head())?;
        for row in compared {
            table.write_record(cells(row, |number| number.to_string()))?;
        }
        Ok(table.flush()?)
    })
}

fn head() -> Vec<String> {
    let head = "metric class n undefined first second difference low high larger smaller p";
    head.split(' ').map(String::from).collect()
}

fn cells(row: &PairedScores, text: fn(f64) -> String) -> Vec<String> {
    let number = |number: f64| if number.is_nan() { "-".to_owned() } else { text(number) };
    let end = |of: fn(Interval) -> f64| row.interval.map_or("-".into(), |interval| number(of(interval)));
    vec![
        row.metric.clone(),
        row.class.clone(),
        row.n.to_string(),
        row.n_undefined.to_string(),
        number(row.mean_a),
        number(row.mean_b),
        number(row.difference),
        end(|interval| interval.low),
        end(|interval| interval.high),
        row.n_larger.to_string(),
        row.n_smaller.to_string(),
        row.test.map_or("-".into(), |test| number(test.p)),
    ]
}

/// Four places, or as many as show a small number.
fn places(number: f64) -> String {
    if number != 0.0 && number.abs() < 1e-3 { format!("{number:.1e}") } else { format!("{number:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn table(scores: &[(&str, f64)]) -> ScoreTable {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.tsv");
        let mut text = "fold\tsample_id\tdice_class-background\tdice_class-organ\n".to_owned();
        for (id, score) in scores {
            writeln!(text, "0\t{id}\t1\t{score}").unwrap();
        }
        std::fs::write(&path, text).unwrap();
        ScoreTable::read(&path).unwrap()
    }

    #[test]
    fn pairs_are_compared_case_by_case() {
        let a = table(&[("u", 0.5), ("v", 0.6), ("w", 0.7), ("x", f64::NAN), ("y", 0.9)]);
        let b = table(&[("v", 0.8), ("u", 0.6), ("w", 0.7), ("x", 0.4), ("y", 0.85)]);
        let compared = compare_scores(&a, &b, 0).unwrap();
        let [row] = compared.as_slice() else { panic!("{compared:?}") };
        assert_eq!((row.n, row.n_undefined, row.n_larger, row.n_smaller), (4, 1, 2, 1));
        assert!((row.mean_a - 0.675).abs() < 1e-12 && (row.difference - 0.0625).abs() < 1e-12);
        // Ranks 2 and 3 are positive: 5 of 6 and more have 2 of the 8 ways, and as many to the other side.
        assert_eq!(row.test.map(|test| (test.n, test.rank_sum, test.p)), Some((3, 5.0, 0.5)));
        let text = paired_table(&compared);
        assert!(text.contains("dice    organ  4          1  0.6750  0.7375      0.0625"), "{text}");
        let folder = tempfile::tempdir().unwrap();
        write_paired(&folder.path().join("compared.tsv"), &compared).unwrap();
        let written = std::fs::read_to_string(folder.path().join("compared.tsv")).unwrap();
        assert!(
            written.starts_with("metric\tclass\tn\t") && written.contains("\ndice\torgan\t4\t1\t"),
            "{written}"
        );
    }

    #[test]
    fn a_run_does_not_differ_from_itself_even_in_what_it_missed() {
        let run = table(&[("u", 0.5), ("v", f64::INFINITY)]);
        let row = &compare_scores(&run, &run, 0).unwrap()[0];
        assert_eq!((row.difference, row.test, row.n_larger + row.n_smaller), (0.0, None, 0));
    }

    #[test]
    fn runs_on_other_cases_are_refused() {
        let (a, b) = (table(&[("u", 0.5), ("v", 0.6)]), table(&[("u", 0.5)]));
        let error = compare_scores(&a, &b, 0).unwrap_err().to_string();
        assert_eq!(error, "expected the same cases in both runs, found 1 that the second lacks, such as v");
    }
}
