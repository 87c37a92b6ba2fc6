//! `mis render`.

use std::path::Path;

use anyhow::Result;
use mis_cli::{ExperimentArgs, LogFormat, Render, Rendered};
use mis_pipeline::{OverlayStyle, RenderJob, render, render_augmented};

use crate::experiment;

pub(crate) fn run(args: &Render, log: LogFormat) -> Result<()> {
    match args.rendered()? {
        Rendered::Augmented { experiment } => {
            let experiment = ExperimentArgs {
                experiment: experiment.to_owned(),
                data: args.data.clone(),
                align: false,
                device: None,
            };
            for line in render_augmented(&experiment::read(&experiment, log)?, args.n, &args.out)? {
                println!("{line}");
            }
            Ok(())
        }
        Rendered::Labels { image, labels } => render(&job(args, image, labels)),
    }
}

fn job(args: &Render, image: &Path, labels: &Path) -> RenderJob {
    let usual = OverlayStyle::default();
    let style = OverlayStyle {
        window: args.window,
        alpha: args.alpha,
        slices: args.slices,
        errors: args.errors,
        channel: args.channel,
        max_side: args.max_side.unwrap_or(usual.max_side),
        tile_side: args.max_side.unwrap_or(usual.tile_side),
        max_frames: args.max_slices.unwrap_or(usual.max_frames),
        tiles: args.max_slices.unwrap_or(usual.tiles),
        ..usual
    };
    let (truth, classes, out) = (args.truth.clone(), args.classes.clone(), args.out.clone());
    RenderJob { image: image.to_owned(), labels: labels.to_owned(), truth, classes, style, out }
}
