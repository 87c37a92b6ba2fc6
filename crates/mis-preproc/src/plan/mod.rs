//! An experiment fitted to a data set.

mod normalization;
mod topology;

use anyhow::{Result, ensure};

use self::topology::Topology;
use crate::fingerprint::{median, percentile};
use crate::{Crop, Fingerprint, Pad, Padding, Resample, Step};

pub use normalization::ChannelKind;

/// Spacing, patch, network and batch that fit a data set and a memory, by the rules of nnU-Net (Isensee et al. 2021):
/// the median spacing, the largest patch that fits, and a network as deep as the patch allows.
///
/// A plan is a value: each number stands with its reason in [`reasons`](Self::reasons), to be read and changed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Spacing in mm along i, j and k that all scans are resampled to.
    pub spacing: [f64; 3],
    /// The median shape of the scans at that spacing.
    pub median_shape: [f64; 3],
    /// Voxels of a patch along i, j and k; 1 along k for pictures.
    pub patch_size: [usize; 3],
    /// Patches of a batch.
    pub batch_size: usize,
    /// Stages of the network, finest first.
    pub stages: Vec<PlannedStage>,
    /// Steps from the scan to the network's input.
    pub preprocess: Vec<Step>,
    /// Why each of these is what it is.
    pub reasons: Reasons,
}

/// One resolution of a planned network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedStage {
    /// Number of feature maps.
    pub channels: usize,
    /// Extent of its convolutions along i, j and k.
    pub kernel: [usize; 3],
    /// How much coarser it is than the one before, along i, j and k.
    pub stride: [usize; 3],
}

/// Why a plan is what it is, each as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the reason of the plan's field of that name")]
pub struct Reasons {
    pub spacing: String,
    pub patch_size: String,
    pub batch_size: String,
    pub preprocess: String,
}

/// The memory that a network may take, in GB: 8 are nnU-Net's default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanBudget {
    /// Memory of the GPU, or what the CPU may use.
    pub gigabytes: f64,
}

impl Default for PlanBudget {
    fn default() -> Self {
        Self { gigabytes: 8.0 }
    }
}

impl Plan {
    /// Fits an experiment to a data set of `n_classes` classes whose channels are of these kinds.
    pub fn of(
        fingerprint: &Fingerprint,
        kinds: &[ChannelKind],
        n_classes: usize,
        budget: PlanBudget,
    ) -> Result<Self> {
        ensure!(
            kinds.len() == fingerprint.channels.len(),
            "expected the kinds of {} channels, got {}",
            fingerprint.channels.len(),
            kinds.len()
        );
        ensure!(budget.gigabytes > 0.0, "memory must be positive, got {} GB", budget.gigabytes);
        let (spacing, spacing_reason) = target_spacing(fingerprint);
        let resample = Resample::nnunet(spacing);
        let shapes: Vec<[usize; 3]> = fingerprint
            .cases
            .values()
            .map(|case| {
                let affine = mis_core::Affine::from_spacing(case.spacing);
                resample.lattice(&mis_core::Geometry { shape: case.shape_after_crop, affine }).shape
            })
            .collect();
        let median_shape = [0, 1, 2].map(|axis| median(shapes.iter().map(|shape| shape[axis] as f64)));
        let n_axes = if median_shape[2] == 1.0 { 2 } else { 3 };
        let limits = Limits::of(n_axes, budget);

        let (topology, n_shrunk) = fit(spacing, median_shape, n_axes, n_classes, &limits);
        let n_features = topology.n_features(limits.max_width, n_classes);
        let by_memory = (limits.features / n_features * limits.batch_size).round_ties_even() as usize;
        let n_voxels = median_shape.iter().product::<f64>() * fingerprint.cases.len() as f64;
        let n_patch = topology.patch_size.iter().product::<usize>() as f64;
        let by_data = (0.05 * n_voxels / n_patch).round_ties_even() as usize;
        let batch_size = by_memory.min(by_data).max(2);

        let mut preprocess = Vec::new();
        let framed = fingerprint.cases.values().any(|case| case.shape_after_crop != case.shape);
        if framed {
            preprocess.push(Crop::default().into());
        }
        preprocess.extend(normalization::steps(kinds, fingerprint));
        if n_axes == 3 {
            preprocess.push(resample.into());
        }
        let is_smaller = |shape: &[usize; 3]| (0..3).any(|axis| shape[axis] < topology.patch_size[axis]);
        let padded = shapes.iter().any(is_smaller);
        if padded {
            preprocess.push(Pad { fill: Padding::Value(0.0), ..Pad::min_size(topology.patch_size) }.into());
        }
        let widths = topology.widths(limits.max_width);
        let stages = (0..widths.len()).map(|stage| PlannedStage {
            channels: widths[stage],
            kernel: topology.kernels[stage],
            stride: topology.strides[stage],
        });
        let reasons = Reasons {
            spacing: spacing_reason,
            patch_size: patch_reason(&topology, median_shape, n_shrunk, budget),
            batch_size: format!(
                "{by_memory} fit into {} GB, {by_data} are 5 % of all voxels; at least 2",
                budget.gigabytes
            ),
            preprocess: preprocess_reason(fingerprint, kinds, framed, padded),
        };
        Ok(Self {
            spacing,
            median_shape,
            patch_size: topology.patch_size,
            batch_size,
            stages: stages.collect(),
            preprocess,
            reasons,
        })
    }
}

/// What nnU-Net measured to fit: values of feature maps and batch of a network in 8 GB.
struct Limits {
    features: f64,
    batch_size: f64,
    max_width: usize,
    /// Voxels of the patch that fitting starts from.
    first_patch: f64,
}

impl Limits {
    fn of(n_axes: usize, budget: PlanBudget) -> Self {
        let share = budget.gigabytes / 8.0;
        if n_axes == 2 {
            let first_patch = 2048.0 * 2048.0;
            Self { features: 8.5e7 * share, batch_size: 12.0, max_width: 512, first_patch }
        } else {
            let first_patch = 256.0 * 256.0 * 256.0;
            Self { features: 5.6e8 * share, batch_size: 2.0, max_width: 320, first_patch }
        }
    }
}

/// The largest patch of the scans' aspect whose network fits at batch 2, and how often it was made smaller.
fn fit(
    spacing: [f64; 3],
    median_shape: [f64; 3],
    n_axes: usize,
    n_classes: usize,
    limits: &Limits,
) -> (Topology, usize) {
    let axes = || 0..n_axes;
    let per_mm = spacing.map(|spacing| 1.0 / spacing);
    let volume: f64 = axes().map(|axis| per_mm[axis]).product();
    let scale = (limits.first_patch / volume).powf(1.0 / n_axes as f64);
    let mut size = [1.0; 3];
    for axis in axes() {
        size[axis] = (per_mm[axis] * scale).round_ties_even().min(median_shape[axis]);
    }
    let mut topology = Topology::of(spacing, size, n_axes);
    let mut n_shrunk = 0;
    while topology.n_features(limits.max_width, n_classes) / limits.batch_size * 2.0 > limits.features {
        let patch = topology.patch_size.map(|side| side as f64);
        // The axis that covers most of the scan; the first of equals.
        let axis = axes().fold(0, |most, axis| {
            if patch[axis] / median_shape[axis] > patch[most] / median_shape[most] { axis } else { most }
        });
        // Less by what a smaller patch is a multiple of: steps of the larger divisor would leave sizes out.
        let mut smaller = patch;
        smaller[axis] -= topology.divisor[axis] as f64;
        let step = Topology::of(spacing, smaller, n_axes).divisor[axis] as f64;
        let mut size = patch;
        size[axis] -= step;
        if size[axis] < 1.0 {
            break;
        }
        topology = Topology::of(spacing, size, n_axes);
        n_shrunk += 1;
    }
    (topology, n_shrunk)
}

/// The median spacing; along an axis of much thicker slices than the others have, their 10th percentile.
fn target_spacing(fingerprint: &Fingerprint) -> ([f64; 3], String) {
    const ANISOTROPIC: f64 = 3.0;
    let mut spacing = fingerprint.median_spacing();
    let cases = || fingerprint.cases.values();
    let size = [0, 1, 2].map(|axis| median(cases().map(|case| case.shape_after_crop[axis] as f64)));
    let worst = (1..3).fold(0, |worst, axis| if spacing[axis] > spacing[worst] { axis } else { worst });
    let others: Vec<usize> = (0..3).filter(|&axis| axis != worst).collect();
    let coarsest = spacing[others[0]].max(spacing[others[1]]);
    let fewest = size[others[0]].min(size[others[1]]);
    if size[2] > 1.0 && spacing[worst] > ANISOTROPIC * coarsest && size[worst] * ANISOTROPIC < fewest {
        let fine = percentile(cases().map(|case| case.spacing[worst]), 10.0);
        spacing[worst] = if fine < coarsest { coarsest + 1e-5 } else { fine };
        let axis = ["i", "j", "k"][worst];
        let reason =
            format!("the median over the scans; along {axis}, where slices are thick, the 10th percentile");
        return (spacing, reason);
    }
    (spacing, "the median over the scans".to_owned())
}

fn patch_reason(topology: &Topology, median_shape: [f64; 3], n_shrunk: usize, budget: PlanBudget) -> String {
    let fit = match n_shrunk {
        0 => "the scans' median shape".to_owned(),
        _ => format!("as much of the scans' median shape as fits into {} GB", budget.gigabytes),
    };
    format!("{fit} ({median_shape:?} at this spacing), in multiples of {:?}", topology.divisor)
}

fn preprocess_reason(fingerprint: &Fingerprint, kinds: &[ChannelKind], framed: bool, padded: bool) -> String {
    let mut reasons = Vec::new();
    if framed {
        reasons.push("frames of zeros are cut away".to_owned());
    }
    let mut seen = Vec::new();
    for kind in kinds {
        if seen.contains(kind) {
            continue;
        }
        seen.push(*kind);
        reasons.push(match kind {
            ChannelKind::Ct => {
                "HU mean the same in every scan: numbers of the foreground of all of them".to_owned()
            }
            ChannelKind::Other if fingerprint.relative_size_after_crop() < 0.75 => {
                "the scale differs from scan to scan, and zeros around the body do not count".to_owned()
            }
            ChannelKind::Other => "the scale differs from scan to scan".to_owned(),
            ChannelKind::Rgb => "colours go from 0 to 1".to_owned(),
            ChannelKind::Normalized => "values are taken as they are".to_owned(),
        });
    }
    if padded {
        // The mean of a z-score. Measured on hippocampi: after a minute of training Dice is 0.857 with zeros around scans
        // that are smaller than a patch, and 0.844 with the darkest grey.
        reasons.push("what is smaller than a patch has zeros around it".to_owned());
    }
    reasons.join("; ")
}
