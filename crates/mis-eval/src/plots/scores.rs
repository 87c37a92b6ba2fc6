//! A metric's spread over cases.

use super::Plot;
use super::chart::{Axis, Chart, NAME, room_for, shortened};
use crate::{Aggregate, Report};

/// Height of a class's row.
const ROW: f64 = 52.0;
/// Points along an edge of a violin.
const N_STEPS: usize = 60;

impl Report {
    /// A metric's scores by foreground class: a violin (their density by a Gaussian kernel of Scott's width, cut off at the
    /// smallest and largest score; from five scores on), a box of the quartiles with the median and whiskers to the
    /// smallest and largest score, and every case as a dot that says its name. Ratios are drawn from 0 to 1, other metrics
    /// from 0 to their largest score.
    ///
    /// # Panics
    /// Where the report has no such metric.
    #[must_use]
    pub fn score_plot(&self, metric_idx: usize) -> Plot {
        let metric = &self.metrics()[metric_idx];
        let x = self.score_axis(metric_idx);
        let classes = &self.classes()[1..];
        let mut chart = Chart::new(room_for(classes.iter()), 12.0, ROW * classes.len().max(1) as f64);
        let unit =
            if metric.about.unit.is_empty() { String::new() } else { format!(" ({})", metric.about.unit) };
        chart.x_axis(x, &format!("{}{unit}", metric.name));
        for (row, class) in classes.iter().enumerate() {
            self.score_row(&mut chart, x, metric_idx, row, class);
        }
        let medians = classes.iter().enumerate().map(|(row, class)| {
            let median = self.aggregate(metric_idx, row + 1).map(|part| part.median);
            format!("{class} {}", self.cell(metric_idx, median))
        });
        let description = format!(
            "Each dot is a case; boxes are quartiles, whiskers go to the extremes. Medians: {}.",
            medians.collect::<Vec<_>>().join(", ")
        );
        chart.plot(format!("{} by class", metric.name), description)
    }

    fn score_row(&self, chart: &mut Chart, axis: Axis, metric_idx: usize, row: usize, class: &str) {
        let y = chart.top + (row as f64 + 0.5) * ROW;
        chart.text([chart.left - 10.0, y + 4.0], "end", "name", &shortened(class, NAME));
        let (left, right) = (chart.left, chart.right);
        let x = |value: f64| axis.place(value, left, right);
        let scores: Vec<(&str, f64)> = self
            .cases()
            .filter_map(|(_, case)| Some((case.id.0.as_str(), case.scores[metric_idx][row + 1]?)))
            .collect();
        let Some(part) = Aggregate::of(scores.iter().map(|&(_, score)| Some(score))) else { return };
        let values: Vec<f64> = scores.iter().map(|&(_, score)| score).collect();
        let density = density(&values, &part);
        let upper = density.iter().map(|&(value, share)| [x(value), y - share * 0.46 * ROW]);
        let lower = density.iter().rev().map(|&(value, share)| [x(value), y + share * 0.46 * ROW]);
        let outline: Vec<_> = upper.chain(lower).collect();
        if !outline.is_empty() {
            chart.path("violin", &outline, true, None);
        }
        let half = 9.0;
        chart.path("whisker", &[[x(part.min), y], [x(part.q1), y]], false, None);
        chart.path("whisker", &[[x(part.q3), y], [x(part.max), y]], false, None);
        let (q1, q3) = (x(part.q1), x(part.q3).max(x(part.q1) + 0.5));
        chart.path("box", &[[q1, y - half], [q3, y - half], [q3, y + half], [q1, y + half]], true, None);
        chart.path("median", &[[x(part.median), y - half], [x(part.median), y + half]], false, None);
        for (number, (id, score)) in scores.into_iter().enumerate() {
            // Steps of the golden ratio spread dots evenly, in the same way each time.
            let aside = ((number as f64 * 0.618_034).fract() - 0.5) * 2.0 * half;
            let title = format!("{id}: {}", self.cell(metric_idx, Some(score)));
            chart.dot("case", [x(score), y + aside], 2.5, &title);
        }
    }

    fn score_axis(&self, metric_idx: usize) -> Axis {
        if self.metrics()[metric_idx].about.unit.is_empty() {
            return Axis { low: 0.0, high: 1.0 };
        }
        let foreground = (1..self.classes().len()).filter_map(|class| self.aggregate(metric_idx, class));
        let (low, high) =
            foreground.fold((0.0_f64, 0.0_f64), |(low, high), part| (low.min(part.min), high.max(part.max)));
        if low < high { Axis { low, high } } else { Axis { low, high: low + 1.0 } }
    }
}

/// Values with their density, as shares of the highest; nothing for fewer than five values or a single one.
fn density(values: &[f64], part: &Aggregate) -> Vec<(f64, f64)> {
    if values.len() < 5 || part.sd == 0.0 {
        return Vec::new();
    }
    let width = part.sd * (values.len() as f64).powf(-0.2);
    let at =
        |value: f64| values.iter().map(|other| (-0.5 * ((value - other) / width).powi(2)).exp()).sum::<f64>();
    let steps = (0..=N_STEPS).map(|step| part.min + step as f64 / N_STEPS as f64 * (part.max - part.min));
    let found: Vec<_> = steps.map(|value| (value, at(value))).collect();
    let highest = found.iter().map(|&(_, height)| height).fold(0.0, f64::max);
    found.into_iter().map(|(value, height)| (value, height / highest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cross_validate::tests::report;

    #[test]
    fn every_case_is_a_dot_of_its_class_and_a_violin_has_its_scores() {
        let report = report();
        for metric_idx in 0..report.metrics().len() {
            let plot = report.score_plot(metric_idx);
            let defined: usize =
                report.cases().map(|(_, case)| case.scores[metric_idx][1..].iter().flatten().count()).sum();
            assert_eq!(plot.body.matches("<circle").count(), defined);
            assert!(plot.body.contains("tumor &amp; &lt;cyst&gt;") && !plot.body.contains("NaN"));
        }
        assert_eq!(report.score_plot(0).body.matches("class=\"violin\"").count(), 2);
    }

    #[test]
    fn a_violin_is_widest_where_most_scores_are() {
        let values = [0.1, 0.8, 0.82, 0.84, 0.86, 0.9];
        let part = Aggregate::of(values.map(Some)).unwrap();
        let widest = density(&values, &part).into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!((widest.0 - 0.85).abs() < 0.03 && widest.1 == 1.0, "{widest:?}");
        assert_eq!(density(&values[..4], &part), []);
    }
}
