//! A report as plain text.

use mis_core::aligned_rows;

use crate::{Aggregate, Report};

impl Report {
    /// The report as aligned plain text for a terminal: mean with its confidence interval, median and spread of each metric
    /// and foreground class over all cases, then mean and median of the first metric fold by fold and its worst cases, then
    /// the conventions followed.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = aligned_rows(&self.overview(), 2);
        if self.folds().len() > 1 {
            text += &format!(
                "\n{} by fold, mean / median\n{}",
                self.metrics()[0].name,
                aligned_rows(&self.by_fold(), 1)
            );
        }
        text.push('\n');
        for (class_idx, class) in self.classes().iter().enumerate().skip(1) {
            let worst = self.worst(0, class_idx, 3);
            if !worst.is_empty() {
                let cases = worst
                    .iter()
                    .map(|(_, case, score)| format!("{} {}", case.id, self.cell(0, Some(*score))));
                let cases = cases.collect::<Vec<_>>().join(", ");
                text += &format!("worst {} of {class}: {cases}\n", self.metrics()[0].name);
            }
        }
        text += "\nlow, high: 95 % confidence interval of the mean, by the percentile bootstrap over cases\n";
        for metric in self.metrics() {
            text += &format!("{}: {}\n", metric.name, metric.about.convention);
        }
        text
    }

    /// Rows of cells, the head first: each metric and foreground class over all cases.
    pub(crate) fn overview(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ["metric", "class", "n", "mean", "low", "high", "median", "sd", "q1", "q3", "min", "max"]
                .map(String::from)
                .to_vec(),
        ];
        let n_cases = self.cases().count();
        for (metric_idx, metric) in self.metrics().iter().enumerate() {
            let unit = &metric.about.unit;
            let name =
                if unit.is_empty() { metric.name.clone() } else { format!("{} ({unit})", metric.name) };
            for (class_idx, class) in self.classes().iter().enumerate().skip(1) {
                let aggregate = self.aggregate(metric_idx, class_idx);
                let n_defined = aggregate.map_or(0, |part| part.n_defined);
                let n = if n_defined == n_cases {
                    n_cases.to_string()
                } else {
                    format!("{n_defined} of {n_cases}")
                };
                let mut row = vec![name.clone(), class.clone(), n];
                let interval = self.interval(metric_idx, class_idx);
                row.push(self.cell(metric_idx, aggregate.map(|part| part.mean)));
                row.push(self.cell(metric_idx, interval.map(|interval| interval.low)));
                row.push(self.cell(metric_idx, interval.map(|interval| interval.high)));
                let numbers: [fn(Aggregate) -> f64; 6] = [
                    |part| part.median,
                    |part| part.sd,
                    |part| part.q1,
                    |part| part.q3,
                    |part| part.min,
                    |part| part.max,
                ];
                row.extend(numbers.map(|number| self.cell(metric_idx, aggregate.map(number))));
                rows.push(row);
            }
        }
        rows
    }

    /// Rows of cells, the head first: mean and median of the first metric in each fold and over all.
    pub(crate) fn by_fold(&self) -> Vec<Vec<String>> {
        let mut head = vec!["fold".to_owned(), "cases".to_owned()];
        head.extend_from_slice(&self.classes()[1..]);
        let row = |name: String, part: &Self| {
            let mut row = vec![name, part.cases().count().to_string()];
            row.extend((1..self.classes().len()).map(|class_idx| {
                let aggregate = part.aggregate(0, class_idx);
                let mean = self.cell(0, aggregate.map(|part| part.mean));
                format!("{mean} / {}", self.cell(0, aggregate.map(|part| part.median)))
            }));
            row
        };
        let folds = self.folds().iter().map(|scores| row(scores.fold.to_string(), &self.only(scores.fold)));
        std::iter::once(head).chain(folds).chain([row("all".into(), self)]).collect()
    }

    /// A number of a metric for a table: four places for ratios, two with a unit, `-` where undefined.
    pub(crate) fn cell(&self, metric_idx: usize, value: Option<f64>) -> String {
        let places = if self.metrics()[metric_idx].about.unit.is_empty() { 4 } else { 2 };
        let text = value.map_or("-".into(), |value| format!("{value:.places$}"));
        if text == "-0.00" { "0.00".into() } else { text }
    }
}

#[cfg(test)]
mod tests {
    use crate::cross_validate::tests::report;

    #[test]
    fn columns_are_aligned_and_every_fold_and_convention_is_there() {
        let text = report().table();
        let (overview, rest) = text.split_once("\n\n").unwrap();
        let lengths: Vec<_> = overview.lines().map(|line| line.chars().count()).collect();
        assert!(lengths.iter().all(|&length| length == lengths[0]), "{text}");
        assert_eq!(overview.lines().count(), 1 + 2 * report().metrics().len());
        assert!(rest.contains("\nworst dice of kidney: case_00"), "{rest}");
        assert!(rest.starts_with("dice by fold, mean / median\nfold  cases  "), "{rest}");
        assert!(rest.contains("dice: policy nnunet: undefined where both masks are empty, 0 where one is\n"));
    }
}
