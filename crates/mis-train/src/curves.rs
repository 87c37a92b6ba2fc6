//! Loss and Dice curves as a picture.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::History;

/// Writes `curves.svg`: training and validation loss against the epoch, and below them the validation's Dice of each
/// class where there is one.
pub(crate) fn write_curves(history: &History, path: &Path) -> Result<()> {
    let mut svg = String::new();
    draw(history, &mut svg).map_err(|error| anyhow!("cannot draw the curves: {error}"))?;
    mis_core::write_atomically(path, |file| Ok(file.write_all(svg.as_bytes())?))
}

/// A line with its name.
struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(history: &History, svg: &mut String) -> Drawn {
    let validated = || history.epochs.iter().filter_map(|s| Some((epoch(s.epoch), s.validation.as_ref()?)));
    let losses = [
        Curve {
            name: "training".to_owned(),
            points: history.epochs.iter().map(|s| (epoch(s.epoch), s.train_loss)).collect(),
        },
        Curve {
            name: "validation".to_owned(),
            points: validated().map(|(epoch, validation)| (epoch, validation.loss)).collect(),
        },
    ];
    let n_classes = validated().map(|(_, validation)| validation.dice.len()).max().unwrap_or(0);
    let dice = |class_idx: usize| Curve {
        name: format!("class {}", class_idx + 1),
        points: validated()
            .filter_map(|(epoch, validation)| Some((epoch, (*validation.dice.get(class_idx)?)?)))
            .collect(),
    };
    let dice: Vec<Curve> = (0..n_classes).map(dice).filter(|curve| !curve.points.is_empty()).collect();

    let last = epoch(history.epochs.len().saturating_sub(1) as u32).max(2.0);
    let height = if dice.is_empty() { 500 } else { 900 };
    let root = SVGBackend::with_string(svg, (800, height)).into_drawing_area();
    root.fill(&WHITE)?;
    if dice.is_empty() {
        panel(&root, "Loss", &losses, last)?;
    } else {
        let (above, below) = root.split_vertically(450);
        panel(&above, "Loss", &losses, last)?;
        panel(&below, "Dice of the validation", &dice, last)?;
    }
    root.present()?;
    Ok(())
}

/// Epochs are counted from 1 where they are shown.
fn epoch(epoch: u32) -> f64 {
    f64::from(epoch) + 1.0
}

fn panel(area: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, curves: &[Curve], last: f64) -> Drawn {
    let values = curves.iter().flat_map(|curve| &curve.points).map(|&(_, value)| value);
    let (lo, hi) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), value| (lo.min(value), hi.max(value)));
    let margin = ((hi - lo) * 0.05).max(1e-6);
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .caption(title, ("sans-serif", 22))
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(1.0..last, lo - margin..hi + margin)?;
    chart.configure_mesh().x_desc("epoch").draw()?;
    for (curve_idx, curve) in curves.iter().enumerate().filter(|(_, curve)| !curve.points.is_empty()) {
        let color = Palette99::pick(curve_idx).to_rgba();
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), color.stroke_width(2)))?
            .label(&curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
    Ok(())
}
