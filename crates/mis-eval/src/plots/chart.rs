//! Axes and marks of plots.

use std::fmt::Write as _;

use super::Plot;
use crate::lettering::escape;

/// Colors of lines that stay readable on light and dark paper.
const COLORS: [&str; 8] =
    ["#2f79c4", "#d9702b", "#3d9950", "#9465c8", "#b09a1f", "#cf5186", "#2a9d9d", "#8a6d5a"];

/// The color of the n-th line.
pub(super) fn line_color(n: usize) -> &'static str {
    COLORS[n % COLORS.len()]
}

/// A range of values along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Axis {
    /// The range of these values, which are finite; a little around a single one, 0 to 1 for none.
    pub(super) fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self { low: 0.0, high: 1.0 };
        }
        let margin = if high > low { 0.04 * (high - low) } else { 0.5 * low.abs().max(1e-3) };
        Self { low: low - margin, high: high + margin }
    }

    /// Round numbers within the range, some five of them, and the decimal places they need.
    pub(super) fn ticks(&self) -> (Vec<f64>, usize) {
        let rough = (self.high - self.low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(10.0 * power);
        let first = (self.low / step - 1e-9).ceil();
        let n = ((self.high - first * step) / step + 1e-9).floor().clamp(0.0, 20.0) as usize;
        let places = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
        ((0..=n).map(|tick| (first + tick as f64) * step).collect(), places)
    }

    /// Where a value lies between `from` and `to`.
    pub(super) fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        from + (value - self.low) / (self.high - self.low) * (to - from)
    }
}

/// A plot in the making: marks on an area with axes below and at the left.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    svg: String,
}

pub(super) const WIDTH: f64 = 760.0;

impl Chart {
    pub(super) fn new(left: f64, top: f64, height: f64) -> Self {
        Self { left, right: WIDTH - 16.0, top, bottom: top + height, svg: String::new() }
    }

    /// Lines across the area at an axis' round numbers, which stand below.
    pub(super) fn x_axis(&mut self, axis: Axis, name: &str) {
        let (ticks, places) = axis.ticks();
        let labels = ticks.into_iter().map(|value| (value, format!("{value:.places$}"))).collect::<Vec<_>>();
        self.x_ticks(axis, &labels, name);
    }

    /// Lines across the area at these values, whose names stand below.
    pub(super) fn x_ticks(&mut self, axis: Axis, ticks: &[(f64, String)], name: &str) {
        let (top, bottom) = (self.top, self.bottom);
        for (value, label) in ticks {
            let x = axis.place(*value, self.left, self.right);
            let _ = writeln!(self.svg, "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>");
            self.text([x, bottom + 18.0], "middle", "", &label.replace('-', "−"));
        }
        self.text([f64::midpoint(self.left, self.right), bottom + 38.0], "middle", "", name);
    }

    /// Lines across the area at an axis' round numbers, which stand at the left.
    pub(super) fn y_axis(&mut self, axis: Axis, name: &str) {
        let (ticks, places) = axis.ticks();
        let (left, right) = (self.left, self.right);
        for value in ticks {
            let y = axis.place(value, self.bottom, self.top);
            let _ = writeln!(self.svg, "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>");
            self.text([left - 8.0, y + 4.0], "end", "", &format!("{value:.places$}").replace('-', "−"));
        }
        let y = f64::midpoint(self.top, self.bottom);
        let _ = writeln!(
            self.svg,
            "<text x=\"16\" y=\"{y:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {y:.1})\">{}</text>",
            escape(name)
        );
    }

    pub(super) fn text(&mut self, [x, y]: [f64; 2], anchor: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(
            self.svg,
            "<text{class} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escape(text)
        );
    }

    /// A path through points; `color` is of its line, or of its area where it is closed.
    pub(super) fn path(&mut self, class: &str, points: &[[f64; 2]], closed: bool, color: Option<&str>) {
        let mut d = String::new();
        for (n, [x, y]) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if n == 0 { 'M' } else { 'L' });
        }
        let end = if closed { "Z" } else { "" };
        let paint = if closed { "fill" } else { "stroke" };
        let color = color.map_or_else(String::new, |color| format!(" {paint}=\"{color}\""));
        let _ = writeln!(self.svg, "<path class=\"{class}\" d=\"{d}{end}\"{color}/>");
    }

    /// A dot that says what it is.
    pub(super) fn dot(&mut self, class: &str, [x, y]: [f64; 2], radius: f64, title: &str) {
        let _ = writeln!(
            self.svg,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"><title>{}</title></circle>",
            escape(title)
        );
    }

    /// Names of lines in a row above the area.
    pub(super) fn legend(&mut self, entries: &[(String, &str)]) {
        let (mut x, y) = (self.left, self.top - 10.0);
        for (name, color) in entries {
            let name = shortened(name, 24);
            let _ = writeln!(
                self.svg,
                "<path d=\"M{x:.1} {:.1}h18\" stroke=\"{color}\" stroke-width=\"3\"/>",
                y - 4.0
            );
            self.text([x + 24.0, y], "start", "", &name);
            x += 24.0 + 7.8 * name.chars().count() as f64 + 22.0;
        }
    }

    pub(super) fn plot(self, title: String, description: String) -> Plot {
        Plot { title, description, size: [WIDTH, self.bottom + 48.0], body: self.svg }
    }
}

/// A name that is not longer than `most` letters.
pub(super) fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

/// Room at the left for these names, as far as they are shown.
pub(super) fn room_for<'a>(names: impl Iterator<Item = &'a String>) -> f64 {
    let longest = names.map(|name| shortened(name, NAME).chars().count()).max().unwrap_or(0);
    (7.8 * longest as f64 + 24.0).clamp(64.0, 240.0)
}

/// Letters that are shown of a name at the left.
pub(super) const NAME: usize = 27;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(low: f64, high: f64, expected: &[f64], places: usize) {
        let (ticks, found) = Axis { low, high }.ticks();
        let fits =
            ticks.len() == expected.len() && ticks.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(fits && found == places, "{ticks:?}, {found} places");
    }

    #[test]
    fn ticks_are_round_numbers_within_the_range() {
        check(0.0, 1.0, &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0], 1);
        check(-0.013, 0.09, &[0.0, 0.05], 2);
        check(1.0, 1000.0, &[200.0, 400.0, 600.0, 800.0, 1000.0], 0);
        check(-79.0, 304.0, &[0.0, 100.0, 200.0, 300.0], 0);
    }

    #[test]
    fn no_range_is_empty() {
        for values in [vec![], vec![0.0], vec![-3.0, -3.0], vec![1e-9]] {
            let axis = Axis::around(values.iter().copied());
            assert!(axis.low < axis.high, "{values:?} give {axis:?}");
        }
    }
}
