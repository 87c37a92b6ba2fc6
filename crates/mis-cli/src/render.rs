//! `mis render`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use mis_core::ClassTable;
use mis_eval::{OverlayStyle, Plane, Window};

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
pub struct Render {
    /// The scan and its labels; with --augmented an experiment file (TOML)
    #[arg(value_names = ["IMAGE", "LABELS"], num_args = 1..=2, required = true)]
    pub paths: Vec<PathBuf>,
    /// The picture: .gif or .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The expert's labels
    #[arg(long, value_name = "LABELS")]
    pub truth: Option<PathBuf>,
    /// A further panel of what is right, too much and missing
    #[arg(long, requires = "truth")]
    pub errors: bool,
    /// Values shown black and white, such as -79,304 [default: the percentiles 1 and 99 around the labels]
    #[arg(
        long,
        value_name = "LOW,HIGH",
        allow_hyphen_values = true,
        default_value = "auto",
        hide_default_value = true
    )]
    pub window: Window,
    /// How much of a label's color lies over the scan, 0 to 1
    #[arg(long, default_value_t = OverlayStyle::default().alpha)]
    pub alpha: f32,
    /// axial, coronal or sagittal [default: the only slice there is, else axial]
    #[arg(long, value_name = "PLANE")]
    pub slices: Option<Plane>,
    /// The channel that is shown, from 0
    #[arg(long, default_value_t = 0)]
    pub channel: usize,
    /// Names of the label values 0, 1, 2 …, for the legend; nucleus=255 for another value
    #[arg(long, value_name = "NAMES")]
    pub classes: Option<ClassTable>,
    /// Longer side of a panel in pixels, at most [default: 256 of an animation, 192 of a contact sheet]
    #[arg(long, value_name = "PIXELS")]
    pub max_side: Option<usize>,
    /// Slices that are shown, at most [default: 60 of an animation, 12 of a contact sheet]
    #[arg(long, value_name = "N")]
    pub max_slices: Option<usize>,
    /// Show augmented training patches of an experiment
    #[arg(
        long,
        conflicts_with_all = ["truth", "window", "alpha", "slices", "channel", "classes", "max_side", "max_slices"]
    )]
    pub augmented: bool,
    /// Number of patches
    #[arg(short, default_value_t = 16, requires = "augmented")]
    pub n: usize,
    /// Data set to use instead of the experiment's
    #[arg(long, value_name = "DIR", requires = "augmented")]
    pub data: Option<PathBuf>,
}

/// What is to be shown.
#[derive(Clone, Copy, Debug)]
pub enum Rendered<'a> {
    /// Augmented training patches of an experiment.
    Augmented {
        /// The experiment file.
        experiment: &'a Path,
    },
    /// Labels on a scan.
    Labels {
        /// The scan.
        image: &'a Path,
        /// Its labels.
        labels: &'a Path,
    },
}

impl Render {
    /// What the paths are; an error where there are too many or too few of them.
    pub fn rendered(&self) -> Result<Rendered<'_>> {
        match (self.augmented, self.paths.as_slice()) {
            (true, [experiment]) => Ok(Rendered::Augmented { experiment }),
            (false, [image, labels]) => Ok(Rendered::Labels { image, labels }),
            (true, paths) => bail!("expected an experiment file, got {} paths", paths.len()),
            (false, paths) => bail!("expected a scan and its labels, got {} paths", paths.len()),
        }
    }
}
