//! An experiment file fitted to a data set.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use mis_core::{ClassTable, DataSource as _, write_atomically};
use mis_io::Source;
use mis_preproc::{ChannelKind, Fingerprint, Plan, PlanBudget};
use serde::Serialize;

use crate::Experiment;
use crate::progress::Progress;

/// What a plan is to be made from, beside the data.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The classes, where the data set does not name its own.
    pub classes: Option<ClassTable>,
    /// What the channels are, such as `CT` or `MR`, where the data set does not say; without it they are told by their
    /// values.
    pub channels: Option<Vec<String>>,
    /// GB of memory that the network may take.
    pub gigabytes: f64,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { classes: None, channels: None, gigabytes: PlanBudget::default().gigabytes }
    }
}

/// Looks at every case of a data set and writes an experiment file fitted to it; a file that is there already is left
/// alone, which is an error. See [`plan`].
pub fn write_plan(data: &Path, out: &Path, options: &PlanOptions) -> Result<()> {
    ensure!(!out.exists(), "{} is there already: name another file, or delete it", out.display());
    let text = plan(data, options)?;
    write_atomically(out, |file| Ok(file.write_all(text.as_bytes())?))
}

/// Looks at every case of a data set, in nnU-Net's layout or in case folders, and gives an experiment file fitted to it,
/// with the reasons as comments: spacing, patch, network, batch and normalization by the rules of nnU-Net. The file
/// runs as it is.
pub fn plan(data: &Path, options: &PlanOptions) -> Result<String> {
    // Absolute, so that the file runs wherever it is put.
    let absolute =
        data.canonicalize().with_context(|| format!("expected a data set in {}", data.display()))?;
    let data = &Source::in_folder(absolute)?;
    let classes = match (&options.classes, data.class_table()?) {
        (Some(classes), _) => classes.clone(),
        (None, Some(classes)) => classes,
        (None, None) => {
            anyhow::bail!("the data set names no classes: name them, with the background first (--classes)")
        }
    };
    let mut source = data.clone();
    source.set_classes(&classes);
    let progress = Progress::over(source.ids()?.len(), "looking at");
    let fingerprint = Fingerprint::of(&source, &|| progress.step(""))?;
    drop(progress);

    let (kinds, told) = kinds(data, options, &fingerprint)?;
    let budget = PlanBudget { gigabytes: options.gigabytes };
    let plan = Plan::of(&fingerprint, &kinds, classes.n_classes(), budget)?;
    let text = file(data, options, &fingerprint, &plan, told)?;
    let planned: Experiment = toml::from_str(&text).context("the plan is no experiment")?;
    planned.check()?;
    Ok(text)
}

/// What the channels are, and how that is known.
fn kinds(
    data: &Source,
    options: &PlanOptions,
    fingerprint: &Fingerprint,
) -> Result<(Vec<ChannelKind>, &'static str)> {
    let of_names = |names: &[String]| names.iter().map(|name| ChannelKind::of_name(name)).collect();
    if let Some(names) = &options.channels {
        return Ok((of_names(names), "channels as said"));
    }
    let n_channels = fingerprint.channels.len();
    if let Some(names) = data.channel_names()? {
        ensure!(
            names.len() == n_channels,
            "expected {} channels, as dataset.json names them ({}), found scans of {n_channels}",
            names.len(),
            names.join(", ")
        );
        return Ok((of_names(&names), "channels as dataset.json names them"));
    }
    // No other modality has foreground far below zero.
    let is_ct = |values: &mis_preproc::ForegroundValues| values.min < -100.0;
    let kind = |values| if is_ct(values) { ChannelKind::Ct } else { ChannelKind::Other };
    let told = "taken for a CT where foreground goes below -100 HU: --channels says otherwise";
    Ok((fingerprint.channels.iter().map(kind).collect(), told))
}

fn file(
    data: &Source,
    options: &PlanOptions,
    fingerprint: &Fingerprint,
    plan: &Plan,
    told: &str,
) -> Result<String> {
    let mut text = String::new();
    let reasons = &plan.reasons;
    writeln!(text, "# Fitted to {} cases. Change what you know better.", fingerprint.cases.len())?;
    writeln!(text, "seed = 42")?;
    if let Some(classes) = &options.classes {
        writeln!(text, "classes = {}", inline(classes)?)?;
    }
    writeln!(text, "data = {}", inline(data)?)?;
    writeln!(text, "# {}; {told}.", reasons.preprocess)?;
    writeln!(text, "# Spacing: {}.", reasons.spacing)?;
    writeln!(text, "preprocess = [")?;
    for step in &plan.preprocess {
        writeln!(text, "    {},", inline(step)?)?;
    }
    writeln!(text, "]")?;
    writeln!(text, "augment = \"standard\" # nnU-Net's")?;
    writeln!(text, "loss = {{ dice-cross-entropy = {{ dice = {{ background = false }} }} }} # nnU-Net's")?;
    writeln!(text, "\n[patches]")?;
    writeln!(text, "# {}.", reasons.patch_size)?;
    writeln!(text, "size = {:?}", plan.patch_size)?;
    writeln!(text, "overlap = {:?} # half of the patch", plan.patch_size.map(|side| side / 2))?;
    writeln!(text, "\n[model.plain-conv-unet]")?;
    writeln!(text, "# As deep as the patch allows; thick slices are halved later than the others.")?;
    let stages = &plan.stages;
    let each = |of: fn(&mis_preproc::PlannedStage) -> [usize; 3]| stages.iter().map(of).collect::<Vec<_>>();
    writeln!(text, "features = {:?}", stages.iter().map(|stage| stage.channels).collect::<Vec<_>>())?;
    writeln!(text, "strides = {:?}", each(|stage| stage.stride))?;
    writeln!(text, "kernels = {:?}", each(|stage| stage.kernel))?;
    writeln!(text, "\n[train]")?;
    writeln!(text, "epochs = 1000 # nnU-Net's schedule: fewer are often enough")?;
    writeln!(text, "steps-per-epoch = 250")?;
    writeln!(text, "# {}.", reasons.batch_size)?;
    writeln!(text, "batch-size = {}", plan.batch_size)?;
    writeln!(text, "optimizer = \"sgd-nesterov\" # learning rate 0.01, momentum 0.99, weight decay 3e-5")?;
    writeln!(text, "schedule = \"poly\"")?;
    writeln!(text, "gradient-clip = 12")?;
    writeln!(text, "validate-every = 25")?;
    Ok(text)
}

/// A value as TOML writes it on one line.
fn inline(value: &impl Serialize) -> Result<String> {
    Ok(toml::Value::try_from(value)?.to_string())
}
