//! How grey values are spread.

use mis_core::Volume;

use super::Plot;
use super::chart::{Axis, Chart, line_color};
use crate::report::quantile;

/// Values that are kept of a case.
const MOST_KEPT: usize = 10_000;
const N_BINS: usize = 80;

/// Some of a case's grey values.
#[derive(Clone, Debug, PartialEq)]
pub struct IntensitySample {
    values: Vec<f32>,
}

impl IntensitySample {
    /// At most 10 000 values of a channel at even distances; such as are no finite numbers are left out.
    ///
    /// # Panics
    /// Where the volume has no such channel.
    #[must_use]
    pub fn of(volume: &Volume, channel: usize) -> Self {
        let n: usize = volume.shape().iter().product();
        let values = &volume.as_slice()[channel * n..][..n];
        let kept = values.iter().step_by(n.div_ceil(MOST_KEPT)).copied().filter(|value| value.is_finite());
        Self { values: kept.collect() }
    }
}

/// Histograms of grey values, a thin line for each case and a bold one for all together, over the percentiles 0.5 to 99.5
/// of all; `unit` is named below (HU of a CT). None without a value.
#[must_use]
pub fn intensity_histograms(cases: &[IntensitySample], unit: &str) -> Option<Plot> {
    let mut all: Vec<f64> =
        cases.iter().flat_map(|case| &case.values).map(|&value| f64::from(value)).collect();
    all.sort_by(f64::total_cmp);
    if all.is_empty() {
        return None;
    }
    let (low, high) = (quantile(&all, 0.005), quantile(&all, 0.995));
    let x = if low < high { Axis { low, high } } else { Axis { low, high: low + low.abs().max(1.0) } };
    let of_cases: Vec<Vec<f64>> = cases
        .iter()
        .filter(|case| !case.values.is_empty())
        .map(|case| shares(case.values.iter().map(|&value| f64::from(value)), x))
        .collect();
    let mean: Vec<f64> = (0..N_BINS)
        .map(|bin| of_cases.iter().map(|shares| shares[bin]).sum::<f64>() / of_cases.len() as f64)
        .collect();
    // A bin that holds nearly all of a case, such as the air around a patient, would press the others flat.
    let mut sorted: Vec<f64> = of_cases.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let tallest = quantile(&sorted, 0.99).max(mean.iter().copied().fold(0.0, f64::max).min(0.2)).max(1e-6);
    let y = Axis { low: 0.0, high: 1.05 * tallest };

    let mut chart = Chart::new(64.0, 14.0, 240.0);
    chart.x_axis(x, unit);
    chart.y_axis(y, "share of voxels");
    let outline = |shares: &[f64], chart: &Chart| -> Vec<[f64; 2]> {
        let point = |(bin, &share): (usize, &f64)| {
            let value = x.low + (bin as f64 + 0.5) / N_BINS as f64 * (x.high - x.low);
            [x.place(value, chart.left, chart.right), y.place(share.min(y.high), chart.bottom, chart.top)]
        };
        shares.iter().enumerate().map(point).collect()
    };
    for shares in &of_cases {
        let line = outline(shares, &chart);
        chart.path("fold", &line, false, Some(line_color(0)));
    }
    let line = outline(&mean, &chart);
    chart.path("mean", &line, false, Some(line_color(0)));
    let description = format!(
        "Thin lines are {} {}, the bold one their mean; values from the 0.5th to the 99.5th percentile ({low:.4} to \
         {high:.4}).",
        of_cases.len(),
        if of_cases.len() == 1 { "case" } else { "cases" },
    );
    Some(chart.plot("Intensities".to_owned(), description))
}

/// The share of values in each bin; those beyond the axis are in none.
fn shares(values: impl ExactSizeIterator<Item = f64>, axis: Axis) -> Vec<f64> {
    let n = values.len() as f64;
    let mut counts = vec![0.0; N_BINS];
    for value in values {
        let at = axis.place(value, 0.0, N_BINS as f64);
        if (0.0..=N_BINS as f64).contains(&at) {
            counts[(at as usize).min(N_BINS - 1)] += 1.0 / n;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;
    use mis_core::ndarray::Array4;

    #[test]
    fn a_line_is_drawn_for_each_case_and_one_for_all() {
        let sample = |shift: usize| {
            let data = Array4::from_shape_fn((2, 20, 30, 40), |(c, i, j, k)| {
                if (i, j) == (3, 4) { f32::NAN } else { (c * 5000 + i + j * k + shift) as f32 }
            });
            IntensitySample::of(&Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap(), 0)
        };
        let plot = intensity_histograms(&[sample(0), sample(50), sample(9)], "HU").unwrap();
        assert_eq!(plot.body.matches("class=\"fold\"").count(), 3);
        assert_eq!(plot.body.matches("class=\"mean\"").count(), 1);
        assert!(!plot.body.contains("NaN") && plot.body.contains(">HU<"));
        assert_eq!(intensity_histograms(&[], "HU"), None);
    }

    #[test]
    fn shares_are_of_all_values() {
        let axis = Axis { low: 0.0, high: 80.0 };
        let found = shares([0.0, 0.5, 79.9, 80.0, 500.0].into_iter(), axis);
        assert!((found[0] - 0.4).abs() < 1e-12 && (found[79] - 0.4).abs() < 1e-12);
    }
}
