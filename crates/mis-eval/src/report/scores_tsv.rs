//! One row per case.

use std::path::Path;

use anyhow::Result;
use mis_core::write_atomically;

use crate::Report;

impl Report {
    /// Writes `scores.tsv`: one row per case with `fold`, `sample_id` and a column `dice_class-kidney` for each metric
    /// and class, background first. Undefined scores are `nan`; all digits are kept.
    pub fn write_scores(&self, path: &Path) -> Result<()> {
        write_atomically(path, |file| {
            let mut table = csv::WriterBuilder::new().delimiter(b'\t').from_writer(file);
            let mut header = vec!["fold".to_owned(), "sample_id".to_owned()];
            for metric in self.metrics() {
                header.extend(self.classes().iter().map(|class| format!("{}_class-{class}", metric.name)));
            }
            table.write_record(header)?;
            for (fold, case) in self.cases() {
                let mut row = vec![fold.to_string(), case.id.to_string()];
                let text = |score: &Option<f64>| score.map_or("nan".to_owned(), |score| score.to_string());
                row.extend(case.scores.iter().flatten().map(text));
                table.write_record(row)?;
            }
            Ok(table.flush()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cross_validate::tests::report;

    #[test]
    fn every_case_has_its_row_and_every_score_its_column() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.tsv");
        report().write_scores(&path).unwrap();
        let mut table = csv::ReaderBuilder::new().delimiter(b'\t').from_path(path).unwrap();
        let header = table.headers().unwrap().clone();
        assert_eq!(header.len(), 2 + report().metrics().len() * 3);
        assert_eq!(&header[3], "dice_class-kidney");
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        let expected: Vec<_> = report().cases().map(|(fold, case)| (fold, case.scores[0][1])).collect();
        let found: Vec<_> =
            rows.iter().map(|row| (row[0].parse().unwrap(), Some(row[3].parse().unwrap()))).collect();
        assert_eq!(found, expected);
    }
}
