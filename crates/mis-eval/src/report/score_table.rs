//! The scores of a run, read again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use mis_core::SampleId;

/// The scores of a `scores.tsv`, as [`Report::write_scores`](crate::Report::write_scores) writes it: a column per metric
/// and class, a row per case.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreTable {
    /// Metric and class of each column.
    columns: Vec<(String, String)>,
    /// Scores of each row, column by column; none where undefined.
    rows: Vec<(SampleId, Vec<Option<f64>>)>,
}

impl ScoreTable {
    /// Reads a table. Refused are files of another form, a column that stands twice, and what is no number.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(path).with_context(|| format!("cannot read scores from {}", path.display()))
    }

    fn parse(path: &Path) -> Result<Self> {
        let mut table = csv::ReaderBuilder::new().delimiter(b'\t').from_path(path)?;
        let head = table.headers()?.clone();
        let start: Vec<_> = head.iter().take(2).collect();
        ensure!(
            start == ["fold", "sample_id"],
            "expected the columns fold and sample_id first, found {start:?}"
        );
        let column = |name: &str| {
            let (metric, class) = name
                .split_once("_class-")
                .with_context(|| format!("expected columns named as dice_class-kidney, found {name:?}"))?;
            Ok((metric.to_owned(), class.to_owned()))
        };
        let columns: Vec<_> = head.iter().skip(2).map(column).collect::<Result<_>>()?;
        let mut seen = BTreeSet::new();
        for (metric, class) in &columns {
            ensure!(seen.insert((metric, class)), "column {metric}_class-{class} stands twice");
        }
        let mut rows = Vec::new();
        for row in table.records() {
            let row = row?;
            let id = SampleId::from(&row[1]);
            let score = |text: &str| -> Result<Option<f64>> {
                let score: f64 =
                    text.parse().with_context(|| format!("{id}: expected a number, found {text:?}"))?;
                Ok((!score.is_nan()).then_some(score))
            };
            let scores = row.iter().skip(2).map(score).collect::<Result<_>>()?;
            rows.push((id, scores));
        }
        ensure!(!rows.is_empty(), "expected the scores of at least one case, found none");
        Ok(Self { columns, rows })
    }

    /// Metric and class of each column, in their order.
    #[must_use]
    pub fn columns(&self) -> &[(String, String)] {
        &self.columns
    }

    /// The cases, each once.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<&SampleId> {
        self.rows.iter().map(|(id, _)| id).collect()
    }

    /// Each case's score of a column: of one scored in several folds the mean of those that are defined.
    pub(crate) fn by_case(&self, column: usize) -> BTreeMap<&SampleId, Option<f64>> {
        let rows = self.rows.iter().map(|(id, scores)| (id, scores[column]));
        mean_by_case(rows)
    }
}

/// Each case's mean over its defined scores; none where none is.
pub(crate) fn mean_by_case<'a>(
    scores: impl Iterator<Item = (&'a SampleId, Option<f64>)>,
) -> BTreeMap<&'a SampleId, Option<f64>> {
    let mut by_case: BTreeMap<&SampleId, (f64, u32)> = BTreeMap::new();
    for (id, score) in scores {
        let (sum, n) = by_case.entry(id).or_default();
        if let Some(score) = score {
            *sum += score;
            *n += 1;
        }
    }
    by_case.into_iter().map(|(id, (sum, n))| (id, (n > 0).then(|| sum / f64::from(n)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cross_validate::tests::report;

    #[test]
    fn a_table_holds_what_the_report_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.tsv");
        report().write_scores(&path).unwrap();
        let table = ScoreTable::read(&path).unwrap();
        let columns = report().metrics().len() * report().classes().len();
        assert_eq!((table.columns().len(), table.ids().len()), (columns, 7));
        assert_eq!(table.columns()[1], ("dice".to_owned(), "kidney".to_owned()));
        for (_, case) in report().cases() {
            assert_eq!(table.by_case(1)[&case.id], case.scores[0][1]);
        }
    }

    #[test]
    fn a_case_of_several_folds_has_the_mean_of_its_scores() {
        let [a, b] = ["a", "b"].map(SampleId::from);
        let scores = [(&a, Some(1.0)), (&b, None), (&a, None), (&a, Some(0.5))];
        assert_eq!(mean_by_case(scores.into_iter()), [(&a, Some(0.75)), (&b, None)].into());
    }

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.tsv");
        std::fs::write(&path, text).unwrap();
        let error = format!("{:#}", ScoreTable::read(&path).unwrap_err());
        assert!(error.contains("scores.tsv: ") && error.contains(expected), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        check_error("", "expected the columns fold and sample_id first, found []");
        check_error("fold\tsample_id\tdice\n", "expected columns named as dice_class-kidney, found \"dice\"");
        check_error("fold\tsample_id\tdice_class-a\n", "found none");
        check_error("fold\tsample_id\tdice_class-a\n0\tx\tgood\n", "x: expected a number, found \"good\"");
        check_error("fold\tsample_id\td_class-a\td_class-a\n", "column d_class-a stands twice");
    }
}
