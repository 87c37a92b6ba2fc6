//! Whether a report still says what another one said.

use std::fmt;

use anyhow::{Context as _, Result, ensure};

use crate::{Aggregate, Report};

/// One number that differs between a report and its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What was compared: `median dice of kidney`.
    pub what: String,
    /// What the report says; none where no score is defined.
    pub found: Option<f64>,
    /// What the baseline says.
    pub expected: Option<f64>,
    /// How much they may differ.
    pub tolerance: f64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: Option<f64>| value.map_or("undefined".into(), |value| value.to_string());
        let (expected, found) = (text(self.expected), text(self.found));
        write!(f, "{}: expected {expected} within {}, found {found}", self.what, self.tolerance)
    }
}

impl Report {
    /// Where mean and median of a metric over all cases are farther from the baseline's than `tolerance`, in the
    /// metric's unit, or scores of more or fewer cases are defined; class by class, background left out.
    ///
    /// Refused where the classes differ, or one of the reports lacks the metric.
    pub fn compare(&self, baseline: &Self, metric: &str, tolerance: f64) -> Result<Vec<Difference>> {
        ensure!(
            self.classes() == baseline.classes(),
            "expected the baseline's classes {:?}, found {:?}",
            baseline.classes(),
            self.classes()
        );
        let found_idx = self.metric_idx(metric).with_context(|| format!("the report lacks {metric}"))?;
        let expected_idx =
            baseline.metric_idx(metric).with_context(|| format!("the baseline lacks {metric}"))?;
        let mut differences = Vec::new();
        for (class_idx, class) in self.classes().iter().enumerate().skip(1) {
            let found = self.aggregate(found_idx, class_idx);
            let expected = baseline.aggregate(expected_idx, class_idx);
            let n = |part: Option<Aggregate>| Some(part.map_or(0.0, |part| part.n_defined as f64));
            let numbers = [
                ("number of cases with", n(found), n(expected), 0.0),
                ("mean", found.map(|part| part.mean), expected.map(|part| part.mean), tolerance),
                ("median", found.map(|part| part.median), expected.map(|part| part.median), tolerance),
            ];
            for (name, found, expected, tolerance) in numbers {
                let same = match (found, expected) {
                    // Two infinities are equal, and their difference is no number.
                    (Some(found), Some(expected)) if found != expected => {
                        (found - expected).abs() <= tolerance
                    }
                    (found, expected) => found == expected,
                };
                if !same {
                    let what = format!("{name} {metric} of {class}");
                    differences.push(Difference { what, found, expected, tolerance });
                }
            }
        }
        Ok(differences)
    }
}

#[cfg(test)]
mod tests {
    use crate::cross_validate::tests::report;

    #[test]
    fn a_report_does_not_differ_from_itself_and_does_from_part_of_itself() {
        let (whole, part) = (report(), report().only(0));
        assert_eq!(whole.compare(&whole, "dice", 0.0).unwrap(), []);
        let differences = part.compare(&whole, "dice", 1.0).unwrap();
        assert_eq!(
            differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "number of cases with dice of kidney: expected 7 within 0, found 3",
                "number of cases with dice of tumor & <cyst>: expected 7 within 0, found 3",
            ]
        );
        assert_eq!(part.compare(&whole, "dice", 0.0).unwrap().len(), 6);
        assert_eq!(whole.compare(&whole, "nsd", 0.1).unwrap_err().to_string(), "the report lacks nsd");
    }
}
