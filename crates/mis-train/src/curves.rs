//! Loss curves as a picture.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::History;

/// Writes `curves.svg`: training and validation loss against the epoch.
pub(crate) fn write_curves(history: &History, path: &Path) -> Result<()> {
    let mut svg = String::new();
    draw(history, &mut svg).map_err(|error| anyhow!("cannot draw the loss curves: {error}"))?;
    mis_core::write_atomically(path, |file| Ok(file.write_all(svg.as_bytes())?))
}

fn draw(history: &History, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let epoch = |epoch: u32| f64::from(epoch) + 1.0;
    let train: Vec<_> = history.epochs.iter().map(|stats| (epoch(stats.epoch), stats.train_loss)).collect();
    let validation =
        history.epochs.iter().filter_map(|s| Some((epoch(s.epoch), s.validation.as_ref()?.loss)));
    let validation: Vec<_> = validation.collect();
    let losses = || train.iter().chain(&validation).map(|&(_, loss)| loss);
    let (lo, hi) =
        losses().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), loss| (lo.min(loss), hi.max(loss)));
    let margin = ((hi - lo) * 0.05).max(1e-6);
    let last = train.len().max(2) as f64;

    let root = SVGBackend::with_string(svg, (800, 500)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption("Loss", ("sans-serif", 22))
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(1.0..last, lo - margin..hi + margin)?;
    chart.configure_mesh().x_desc("epoch").y_desc("loss").draw()?;
    for (name, points, color) in [("training", &train, BLUE), ("validation", &validation, RED)] {
        if !points.is_empty() {
            chart
                .draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
        }
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
    root.present()?;
    drop(chart);
    drop(root);
    Ok(())
}
