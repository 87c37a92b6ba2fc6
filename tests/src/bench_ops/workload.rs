//! The table of all operations.

use std::fmt;

use anyhow::{Result, ensure};
use mis::augment::{miscnn, standard};
use mis::core::interpolation::{LabelOrder, Order};
use mis::eval::{MetricChoice, Policy};
use mis::patch::MergeWeights;
use mis::train::Precision;

use super::case::Case;
use super::line::Measured;
use super::{accuracy, augment, batches, intensity, load_save, metrics, networks, patches, resample, start};

/// An operation in one form and with one set of options.
#[derive(Clone, Copy)]
pub struct Workload {
    /// The operation.
    pub op: &'static str,
    /// Which form of it; empty where there is one.
    pub variant: &'static str,
    /// Which options; empty for what a user gets without any.
    pub config: &'static str,
    /// Whether it is measured only where it is named: it takes minutes or gigabytes, or its result
    /// is not the one that answers are checked by.
    pub by_name: bool,
    pub(super) measure: fn(&Case<'_>) -> Result<Measured>,
}

const fn op(op: &'static str, measure: fn(&Case<'_>) -> Result<Measured>) -> Workload {
    variant(op, "", measure)
}

const fn variant(
    op: &'static str,
    variant: &'static str,
    measure: fn(&Case<'_>) -> Result<Measured>,
) -> Workload {
    network(op, variant, "", measure)
}

/// A network's operation in one precision; without options it is the one that the machine is fastest in.
const fn network(
    op: &'static str,
    variant: &'static str,
    config: &'static str,
    measure: fn(&Case<'_>) -> Result<Measured>,
) -> Workload {
    Workload { op, variant, config, by_name: false, measure }
}

const fn by_name(workload: Workload) -> Workload {
    Workload { by_name: true, ..workload }
}

/// What needs no network.
pub const DATA: &[Workload] = &[
    op("load_nifti_gz", load_save::load),
    op("save_nifti_gz", load_save::save),
    op("preprocess_ct", resample::preprocess),
    op("resample_image_cubic", |case| resample::image(case, Order::Cubic)),
    op("resample_image_linear", |case| resample::image(case, Order::Linear)),
    op("resample_labels", |case| resample::labels(case, LabelOrder::OneHotLinear)),
    by_name(Workload {
        config: "nearest",
        ..op("resample_labels", |case| resample::labels(case, LabelOrder::Nearest))
    }),
    variant("augment_nnunet_128", "default", |case| augment::chain(case, "patch128", &standard())),
    variant("augment_nnunet_128", "always", |case| {
        augment::chain(case, "patch128", &augment::standard_always())
    }),
    variant("augment_spatial_128", "linear", |case| augment::spatial(case, Order::Linear)),
    variant("augment_spatial_128", "cubic", |case| augment::spatial(case, Order::Cubic)),
    variant("augment_elastic_128", "linear", |case| augment::elastic(case, Order::Linear)),
    variant("augment_elastic_128", "cubic", |case| augment::elastic(case, Order::Cubic)),
    variant("augment_miscnn_80x160x160", "default", |case| {
        augment::chain(case, "patch_80x160x160", &miscnn())
    }),
    variant("augment_miscnn_80x160x160", "always", |case| {
        augment::chain(case, "patch_80x160x160", &augment::miscnn_always())
    }),
    op("gamma_128", intensity::gamma),
    op("noise_128", intensity::noise),
    op("blur_128", intensity::blur),
    variant("patch_grid_merge", "average", |case| patches::grid_merge(case, MergeWeights::Mean)),
    variant("patch_grid_merge", "gaussian", |case| patches::grid_merge(case, MergeWeights::Gaussian)),
    variant("load_batches", "1-worker", |case| batches::load(case, 1)),
    variant("load_batches", "2-workers", |case| batches::load(case, 2)),
    op("read_stored_batches", batches::read_stored),
    op("metrics_dice", |case| metrics::score(case, MetricChoice::Dice, Policy::NnUnet, "values")),
    op("metrics_hd95", |case| metrics::score(case, MetricChoice::Hd95, Policy::NnUnet, "values_monai")),
    Workload {
        config: "medpy",
        ..op("metrics_hd95", |case| metrics::score(case, MetricChoice::Hd95, Policy::Medpy, "values_medpy"))
    },
    Workload {
        config: "deepmind",
        ..op("metrics_hd95", |case| metrics::score(case, MetricChoice::Hd95, Policy::Deepmind, "values"))
    },
    op("metrics_assd", |case| metrics::score(case, MetricChoice::Assd, Policy::NnUnet, "values")),
    op("metrics_nsd", |case| metrics::surface_dice(case, Policy::NnUnet, "values_monai")),
    Workload {
        config: "deepmind",
        ..op("metrics_nsd", |case| metrics::surface_dice(case, Policy::Deepmind, "values"))
    },
    by_name(variant("load_nifti_gz", "512x512x1059", load_save::load_tall)),
    by_name(variant("save_nifti_gz", "512x512x1059", load_save::save_tall)),
];

/// What needs libtorch.
pub const NETWORKS: &[Workload] = &[
    network("train_step_unet3d", "64", "f32", |case| networks::train_step(case, "train64", Precision::F32)),
    network("train_step_unet3d", "64", "bf16", |case| networks::train_step(case, "train64", Precision::Bf16)),
    network("train_step_unet3d", "80x160x160", "f32", |case| {
        networks::train_step(case, "train160", Precision::F32)
    }),
    network("train_step_unet3d", "80x160x160", "bf16", |case| {
        networks::train_step(case, "train160", Precision::Bf16)
    }),
    network("infer_unet3d", "96", "f32", |case| networks::infer(case, Precision::F32)),
    network("infer_unet3d", "96", "bf16", |case| networks::infer(case, Precision::Bf16)),
    network("infer_unet3d", "sliding", "f32", |case| networks::slide(case, Precision::F32)),
    network("infer_unet3d", "sliding", "bf16", |case| networks::slide(case, Precision::Bf16)),
    op("import_time", start::start),
    by_name(variant("train_to_accuracy", "hippocampus_fold0", |case| accuracy::hippocampus(case, 300.0))),
    by_name(variant("train_to_accuracy", "hippocampus_fold0_2min", |case| {
        accuracy::hippocampus(case, 120.0)
    })),
];

/// All that can be measured.
pub fn workloads() -> impl Iterator<Item = &'static Workload> {
    DATA.iter().chain(NETWORKS)
}

/// The workloads that the names stand for, each an operation or `operation/variant`; without a name all but those that are
/// measured by name alone. A name that stands for none is an error.
pub fn select(names: &[String]) -> Result<Vec<&'static Workload>> {
    for name in names {
        let is_known = workloads().any(|workload| workload.is_meant(name));
        ensure!(
            is_known,
            "expected an operation, or operation/variant, of those that --list shows, found {name}"
        );
    }
    if names.is_empty() {
        return Ok(workloads().filter(|workload| !workload.by_name).collect());
    }
    let meant = |workload: &&Workload| names.iter().any(|name| workload.is_meant(name));
    Ok(workloads().filter(meant).collect())
}

impl Workload {
    fn is_meant(&self, name: &str) -> bool {
        name == self.op || name.split_once('/') == Some((self.op, self.variant))
    }
}

/// `augment_spatial_128/linear`, `resample_labels (nearest)`: no two workloads have one name.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.op)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        if !self.config.is_empty() {
            write!(f, " ({})", self.config)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workload({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: &[&str]) {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let found: Vec<_> = select(&names).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_name_stands_for_all_forms_of_its_operation_or_for_one() {
        check(&["resample_labels"], &["resample_labels", "resample_labels (nearest)"]);
        check(&["augment_spatial_128/cubic", "gamma_128"], &["augment_spatial_128/cubic", "gamma_128"]);
        assert!(select(&[]).unwrap().iter().all(|workload| !workload.by_name));
    }

    #[test]
    fn a_name_that_stands_for_nothing_is_an_error() {
        let error = |name: &str| select(&[name.to_owned()]).unwrap_err().to_string();
        assert!(error("gamma").ends_with("found gamma"));
    }

    #[test]
    fn no_two_workloads_have_one_name() {
        let all: Vec<_> = workloads().collect();
        for (idx, workload) in all.iter().enumerate() {
            assert!(all[..idx].iter().all(|other| other.to_string() != workload.to_string()));
        }
    }
}
