//! A metric's spread as a picture.

use std::fmt::Write as _;

use crate::Report;
use crate::report::html::escape;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = HEIGHT - 36.0;
/// Where the boxes stand.
const AREA: f64 = WIDTH - LEFT - 12.0;

/// An SVG with one box per foreground class: quartiles, median, whiskers to the smallest and largest score, and every
/// case as a dot that says its name. Ratios are drawn from 0 to 1, other metrics over the range of their scores.
pub(crate) fn box_plot(report: &Report, metric_idx: usize) -> String {
    let metric = &report.metrics()[metric_idx];
    let (low, high) = value_range(report, metric_idx);
    let y = |value: f64| BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP);
    let label = escape(&format!("{} of each case by class", metric.name));
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}\"><title>{label}</title>\n"
    );
    for tick in 0..=5 {
        let value = low + f64::from(tick) / 5.0 * (high - low);
        let (right, text_y) = (LEFT + AREA, y(value) + 4.0);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {0:.1}H{right}\"/><text x=\"{1}\" y=\"{text_y:.1}\" \
             text-anchor=\"end\">{value:.1}</text>",
            y(value),
            LEFT - 8.0
        );
    }
    let n_classes = report.classes().len() - 1;
    let step = AREA / n_classes.max(1) as f64;
    let half = (step * 0.3).min(44.0);
    for (place, (class_idx, class)) in report.classes().iter().enumerate().skip(1).enumerate() {
        let x = LEFT + (place as f64 + 0.5) * step;
        let name = escape(class);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
            BOTTOM + 22.0
        );
        let Some(part) = report.aggregate(metric_idx, class_idx) else { continue };
        let [min, q1, median, q3, max] = [part.min, part.q1, part.median, part.q3, part.max].map(y);
        let (left, right) = (x - half, x + half);
        let _ = writeln!(
            svg,
            "<path class=\"whisker\" d=\"M{x:.1} {min:.1}V{q1:.1}M{x:.1} {q3:.1}V{max:.1}\"/>\
             <rect class=\"box\" x=\"{left:.1}\" y=\"{q3:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\
             <path class=\"median\" d=\"M{left:.1} {median:.1}H{right:.1}\"/>",
            2.0 * half,
            (q1 - q3).max(0.5)
        );
        for (number, (_, case)) in report.cases().enumerate() {
            let Some(score) = case.scores[metric_idx][class_idx] else { continue };
            // Steps of the golden ratio spread dots evenly, in the same way each time.
            let aside = ((number as f64 * 0.618_034).fract() - 0.5) * half;
            let text = escape(&format!("{}: {}", case.id, report.cell(metric_idx, Some(score))));
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"><title>{text}</title></circle>",
                x + aside,
                y(score)
            );
        }
    }
    svg + "</svg>\n"
}

fn value_range(report: &Report, metric_idx: usize) -> (f64, f64) {
    if report.metrics()[metric_idx].about.unit.is_empty() {
        return (0.0, 1.0);
    }
    let foreground = (1..report.classes().len()).filter_map(|class| report.aggregate(metric_idx, class));
    let (low, high) =
        foreground.fold((0.0_f64, 0.0_f64), |(low, high), part| (low.min(part.min), high.max(part.max)));
    if low < high { (low, high) } else { (low, low + 1.0) }
}
