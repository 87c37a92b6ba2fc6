//! What became of losses and scores, epoch by epoch.

use std::collections::BTreeMap;

use super::chart::{Axis, Chart, line_color};
use super::{FoldHistory, Plot};

/// Points of a line; where there are more epochs, a point is the mean of several.
const MOST_POINTS: usize = 400;

/// Epochs with a figure of theirs.
type Points = Vec<(f64, f64)>;

/// Loss on training and validation patches against the epoch: of each fold, their mean, and one standard deviation
/// around it where there are several folds. None without an epoch.
#[must_use]
pub fn loss_curves(histories: &[FoldHistory]) -> Option<Plot> {
    let lines = [("training", "loss"), ("validation", "val_loss")];
    let lines = lines.map(|(name, column)| (name.to_owned(), column.to_owned()));
    curves("Loss", "loss", &lines, histories)
}

/// Dice of each class on validation patches against the epoch, drawn as [`loss_curves`]; `classes` are names, background
/// first. None where no epoch was validated.
#[must_use]
pub fn dice_curves(histories: &[FoldHistory], classes: &[String]) -> Option<Plot> {
    let name = |(class, name): (usize, &String)| (name.clone(), format!("val_dice_class-{class}"));
    let lines: Vec<_> = classes.iter().enumerate().skip(1).map(name).collect();
    curves("Dice on validation patches", "Dice", &lines, histories)
}

/// `lines` are names with the columns they stand for.
fn curves(title: &str, y_name: &str, lines: &[(String, String)], histories: &[FoldHistory]) -> Option<Plot> {
    let folds_of = |column: &str| -> Vec<Points> {
        let folds = histories.iter().map(|history| thinned(&history.column(column)));
        folds.filter(|points| !points.is_empty()).collect()
    };
    let lines: Vec<_> = lines.iter().map(|(name, column)| (name, folds_of(column))).collect();
    let lines: Vec<_> = lines.into_iter().filter(|(_, folds)| !folds.is_empty()).collect();
    let points = || lines.iter().flat_map(|(_, folds)| folds.iter().flatten().copied());
    points().next()?;
    let y = Axis::around(points().map(|(_, value)| value));
    let last = points().map(|(epoch, _)| epoch).fold(2.0, f64::max);
    let x = Axis { low: 1.0, high: last };

    let mut chart = Chart::new(64.0, 34.0, 280.0);
    let ticks = epoch_ticks(x);
    chart.x_ticks(x, &ticks, "epoch");
    chart.y_axis(y, y_name);
    let place = |(epoch, value): (f64, f64), chart: &Chart| {
        [x.place(epoch, chart.left, chart.right), y.place(value, chart.bottom, chart.top)]
    };
    for (n, (_, folds)) in lines.iter().enumerate() {
        let summary = over_folds(folds);
        let spread = summary.iter().filter(|point| point.sd.is_some());
        let edge = |sign: f64| {
            let points =
                spread.clone().map(move |point| (point.epoch, point.mean + sign * point.sd.unwrap_or(0.0)));
            points.map(|(epoch, value)| (epoch, value.clamp(y.low, y.high))).collect::<Vec<_>>()
        };
        let outline: Vec<_> = edge(1.0)
            .into_iter()
            .chain(edge(-1.0).into_iter().rev())
            .map(|point| place(point, &chart))
            .collect();
        if !outline.is_empty() {
            chart.path("spread", &outline, true, Some(line_color(n)));
        }
        if folds.len() > 1 {
            for fold in folds {
                let points: Vec<_> = fold.iter().map(|&point| place(point, &chart)).collect();
                chart.path("fold", &points, false, Some(line_color(n)));
            }
        }
        let mean: Vec<_> = summary.iter().map(|point| place((point.epoch, point.mean), &chart)).collect();
        match mean.as_slice() {
            [only] => chart.dot("case", *only, 3.5, "epoch 1"),
            _ => chart.path("mean", &mean, false, Some(line_color(n))),
        }
    }
    let entries: Vec<_> =
        lines.iter().enumerate().map(|(n, (name, _))| ((*name).clone(), line_color(n))).collect();
    chart.legend(&entries);
    Some(chart.plot(title.to_owned(), description(&lines)))
}

fn description(lines: &[(&String, Vec<Points>)]) -> String {
    let n_folds = lines.iter().map(|(_, folds)| folds.len()).max().unwrap_or(0);
    let ends = lines.iter().map(|(name, folds)| {
        let last = over_folds(folds).last().map_or(f64::NAN, |point| point.mean);
        format!("{name} {last:.3}")
    });
    let ends = ends.collect::<Vec<_>>().join(", ");
    if n_folds > 1 {
        format!(
            "Thin lines are the {n_folds} folds, bold ones their mean, bands one standard deviation. In the end: {ends}."
        )
    } else {
        format!("One fold. In the end: {ends}.")
    }
}

/// An epoch over folds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    epoch: f64,
    mean: f64,
    /// None with a single fold.
    sd: Option<f64>,
}

/// Mean and standard deviation (as a sample's) at each epoch over the folds that have it.
fn over_folds(folds: &[Points]) -> Vec<Point> {
    let mut by_epoch: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for &(epoch, value) in folds.iter().flatten() {
        // Bits of positive numbers have their order.
        by_epoch.entry(epoch.to_bits()).or_default().push(value);
    }
    let point = |(epoch, values): (u64, Vec<f64>)| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let sd = (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt());
        Point { epoch: f64::from_bits(epoch), mean, sd }
    };
    by_epoch.into_iter().map(point).collect()
}

/// At most [`MOST_POINTS`] points: each the mean of as many that follow each other.
fn thinned(points: &[(f64, f64)]) -> Points {
    let share = points.len().div_ceil(MOST_POINTS).max(1);
    let mean = |points: &[(f64, f64)]| {
        let n = points.len() as f64;
        (points[0].0, points.iter().map(|(_, value)| value).sum::<f64>() / n)
    };
    points.chunks(share).map(mean).collect()
}

/// Whole epochs.
fn epoch_ticks(axis: Axis) -> Vec<(f64, String)> {
    let (ticks, _) = axis.ticks();
    let whole = ticks.into_iter().filter(|tick| tick.fract() == 0.0);
    whole.map(|tick| (tick, format!("{tick:.0}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histories(n_epochs: usize) -> Vec<FoldHistory> {
        let folder = tempfile::tempdir().unwrap();
        let fold = |fold: usize| {
            let path = folder.path().join(format!("{fold}.tsv"));
            let mut text = "epoch\tloss\tval_loss\tval_dice_class-1\n".to_owned();
            for epoch in 1..=n_epochs {
                let loss = 1.0 / epoch as f64 + 0.1 * fold as f64;
                let validation = if epoch % 2 == 0 { (loss + 0.1).to_string() } else { String::new() };
                text += &format!("{epoch}\t{loss}\t{validation}\t{validation}\n");
            }
            std::fs::write(&path, text).unwrap();
            FoldHistory::read(&path, fold).unwrap()
        };
        (0..3).map(fold).collect()
    }

    #[test]
    fn folds_their_mean_and_their_spread_are_drawn() {
        let plot = loss_curves(&histories(10)).unwrap();
        let count = |class: &str| plot.body.matches(&format!("class=\"{class}\"")).count();
        assert_eq!((count("fold"), count("mean"), count("spread")), (6, 2, 2));
        assert!(plot.description.contains("training 0.200, validation 0.300"), "{}", plot.description);
        let alone = loss_curves(&histories(10)[..1]).unwrap();
        assert!(!alone.body.contains("spread") && alone.body.contains("class=\"mean\""));
        let classes = ["background", "kidney", "tumor"].map(String::from);
        let dice = dice_curves(&histories(10), &classes).unwrap();
        assert!(
            dice.body.contains("kidney") && !dice.body.contains("tumor"),
            "a class without scores has no line"
        );
        assert_eq!(loss_curves(&[]), None);
    }

    #[test]
    fn mean_and_deviation_are_over_the_folds_that_have_the_epoch() {
        let folds = [vec![(1.0, 1.0), (2.0, 4.0)], vec![(1.0, 3.0)]];
        let (one, two) = (
            Point { epoch: 1.0, mean: 2.0, sd: Some(2.0_f64.sqrt()) },
            Point { epoch: 2.0, mean: 4.0, sd: None },
        );
        assert_eq!(over_folds(&folds), [one, two]);
    }

    #[test]
    fn many_epochs_do_not_make_a_large_file() {
        let plot = loss_curves(&histories(5000)).unwrap();
        assert!(plot.svg().len() < 150_000, "{} bytes", plot.svg().len());
    }
}
