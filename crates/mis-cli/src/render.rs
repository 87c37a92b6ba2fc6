//! `mis render`.

use std::path::PathBuf;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use mis_pipeline::{OverlayStyle, Plane, RenderJob, Window, render, render_augmented};

use crate::Cli;
use crate::experiment_args::ExperimentArgs;
use crate::log::LogFormat;

/// Shows labels on a scan: an animation through the slices (.gif), or a contact sheet of those that matter (.png)
///
/// Slices are seen as by a radiologist: the patient's right is on the left, the front is up. LABELS is the prediction
/// where a --truth is given: they stand side by side. With --augmented it shows what augmentation does instead: a contact
/// sheet of training patches, and what was drawn for each.
///
/// Examples:
///   mis render scan.nii.gz prediction.nii.gz --truth truth.nii.gz --out overlay.gif
///   mis render scan.nii.gz prediction.nii.gz --truth truth.nii.gz --errors --window -79,304 --out errors.png
///   mis render --augmented kits19.toml --out augmented.png
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Render {
    /// The scan and its labels; with --augmented an experiment file (TOML)
    #[arg(value_names = ["IMAGE", "LABELS"], num_args = 1..=2, required = true)]
    paths: Vec<PathBuf>,
    /// The picture: .gif or .png
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The expert's labels
    #[arg(long, value_name = "LABELS")]
    truth: Option<PathBuf>,
    /// A further panel of what is right, too much and missing
    #[arg(long, requires = "truth")]
    errors: bool,
    /// Values shown black and white, such as -79,304 [default: the percentiles 1 and 99 around the labels]
    #[arg(
        long,
        value_name = "LOW,HIGH",
        allow_hyphen_values = true,
        default_value = "auto",
        hide_default_value = true
    )]
    window: Window,
    /// How much of a label's color lies over the scan, 0 to 1
    #[arg(long, default_value_t = OverlayStyle::default().alpha)]
    alpha: f32,
    /// axial, coronal or sagittal [default: the only slice there is, else axial]
    #[arg(long, value_name = "PLANE")]
    slices: Option<Plane>,
    /// The channel that is shown, from 0
    #[arg(long, default_value_t = 0)]
    channel: usize,
    /// Names of the label values 0, 1, 2 …, for the legend
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    classes: Option<Vec<String>>,
    /// Longer side of a panel in pixels, at most [default: 256 of an animation, 192 of a contact sheet]
    #[arg(long, value_name = "PIXELS")]
    max_side: Option<usize>,
    /// Slices that are shown, at most [default: 60 of an animation, 12 of a contact sheet]
    #[arg(long, value_name = "N")]
    max_slices: Option<usize>,
    /// Show augmented training patches of an experiment
    #[arg(
        long,
        conflicts_with_all = ["truth", "window", "alpha", "slices", "channel", "classes", "max_side", "max_slices"]
    )]
    augmented: bool,
    /// Number of patches
    #[arg(short, default_value_t = 16, requires = "augmented")]
    n: usize,
    /// Data set to use instead of the experiment's
    #[arg(long, value_name = "DIR", requires = "augmented")]
    data: Option<PathBuf>,
}

impl Render {
    pub(crate) fn run(&self, log: LogFormat) -> Result<()> {
        match (self.augmented, self.paths.as_slice()) {
            (true, [experiment]) => {
                let experiment = ExperimentArgs {
                    experiment: experiment.clone(),
                    data: self.data.clone(),
                    align: false,
                    device: None,
                };
                for line in render_augmented(&experiment.read(log)?, self.n, &self.out)? {
                    println!("{line}");
                }
                Ok(())
            }
            (false, [image, labels]) => render(&self.job(image.clone(), labels.clone())),
            (augmented, paths) => {
                let expected = if augmented { "an experiment file" } else { "a scan and its labels" };
                let what = format!("expected {expected}, got {} paths", paths.len());
                Cli::command().error(ErrorKind::WrongNumberOfValues, what).exit()
            }
        }
    }

    fn job(&self, image: PathBuf, labels: PathBuf) -> RenderJob {
        let usual = OverlayStyle::default();
        let style = OverlayStyle {
            window: self.window,
            alpha: self.alpha,
            slices: self.slices,
            errors: self.errors,
            channel: self.channel,
            max_side: self.max_side.unwrap_or(usual.max_side),
            tile_side: self.max_side.unwrap_or(usual.tile_side),
            max_frames: self.max_slices.unwrap_or(usual.max_frames),
            tiles: self.max_slices.unwrap_or(usual.tiles),
            ..usual
        };
        let (truth, classes, out) = (self.truth.clone(), self.classes.clone(), self.out.clone());
        RenderJob { image, labels, truth, classes, style, out }
    }
}
