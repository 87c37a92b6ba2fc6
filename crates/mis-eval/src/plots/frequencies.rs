//! How much of the data each class is.

use super::Plot;
use super::chart::{Axis, Chart, NAME, room_for, shortened};

const ROW: f64 = 26.0;

/// Each class's share of all voxels on a scale by powers of ten, as a dot, and in how many cases it is; `counts` has one
/// row a case, with the voxels of each class of the truth, background first.
///
/// # Panics
/// Where a row is not as long as the classes.
#[must_use]
pub fn class_frequencies(classes: &[String], counts: &[Vec<u64>]) -> Plot {
    let total: u64 = counts.iter().flatten().sum();
    let share =
        |class: usize| counts.iter().map(|case| case[class]).sum::<u64>() as f64 / total.max(1) as f64;
    let shares: Vec<f64> = (0..classes.len()).map(share).collect();
    let smallest = shares.iter().copied().filter(|&share| share > 0.0).fold(0.1, f64::min);
    let x = Axis { low: smallest.log10().floor(), high: 0.0 };
    let mut chart = Chart::new(room_for(classes.iter()), 12.0, ROW * classes.len().max(1) as f64);
    chart.right -= 150.0;
    let decades = (x.low as i32..=0).map(|power| (f64::from(power), percent(10_f64.powi(power))));
    chart.x_ticks(x, &decades.collect::<Vec<_>>(), "share of all voxels");
    let mut told = Vec::new();
    for (class, name) in classes.iter().enumerate() {
        let y = chart.top + (class as f64 + 0.5) * ROW;
        let n_cases = counts.iter().filter(|case| case[class] > 0).count();
        let text = format!("{} · {n_cases} of {} cases", percent(shares[class]), counts.len());
        chart.text([chart.left - 10.0, y + 4.0], "end", "name", &shortened(name, NAME));
        chart.text([chart.right + 12.0, y + 4.0], "start", "", &text);
        told.push(format!("{name} {}", percent(shares[class])));
        if shares[class] > 0.0 {
            let at = x.place(shares[class].log10(), chart.left, chart.right);
            chart.path("whisker", &[[chart.left, y], [at, y]], false, None);
            chart.dot("case", [at, y], 5.0, &text);
        }
    }
    let description = format!("Shares of all voxels of the truth: {}.", told.join(", "));
    chart.plot("Class frequencies".to_owned(), description)
}

/// As many places as a share needs to be seen.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let places = if percent > 0.0 { (2.0 - percent.log10().floor()).clamp(0.0, 6.0) as usize } else { 0 };
    let text = format!("{percent:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_cases_are_told() {
        let classes = ["background", "kidney", "tumor", "cyst"].map(String::from);
        let plot = class_frequencies(&classes, &[vec![989, 10, 1, 0], vec![1000, 0, 0, 0]]);
        for text in ["99.5 %", "0.5 % · 1 of 2 cases", "0.05 % · 1 of 2 cases", "0 % · 0 of 2 cases"] {
            assert!(plot.body.contains(text), "{text} in {}", plot.body);
        }
        assert_eq!(plot.body.matches("<circle").count(), 3);
        assert!(!class_frequencies(&classes, &[]).body.contains("NaN"));
    }

    #[test]
    fn percentages_have_three_digits_that_tell() {
        let texts = [1.0, 0.94753, 0.0252, 0.1, 0.000_012_34, 0.0].map(percent);
        assert_eq!(texts, ["100 %", "94.8 %", "2.52 %", "10 %", "0.00123 %", "0 %"]);
    }
}
