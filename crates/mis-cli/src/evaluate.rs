//! `mis evaluate`.

use std::path::PathBuf;

use clap::Args;
use mis_core::ClassTable;
use mis_eval::{MetricChoice, Policy};

/// Scores label maps of any program against the experts'
///
/// PREDICTIONS and TRUTH are folders of label maps (.nii, .nii.gz, pictures, or case folders with segmentation.nii.gz)
/// matched by their names, or one file each. Every case that one of them lacks, lattice that differs and label value
/// without a class is told before anything is written.
///
/// Metrics: dice, jaccard, precision, sensitivity, specificity, accuracy, predicted-volume, true-volume,
/// volume-difference, relative-volume-difference, hausdorff, hd95, assd, nsd:MM (surface Dice within a tolerance),
/// lesion-precision, lesion-recall, lesion-f1. Policies: nnunet, monai, medpy, deepmind: whose conventions they follow
/// for empty masks, surfaces and percentiles.
///
/// Examples:
///   mis evaluate predictions labelsTs --classes background,kidney,tumor --out scores
///   mis evaluate predictions labelsTs --classes background,tumor --metrics dice,hd95,nsd:2,lesion-f1 --policy deepmind
///   mis evaluate masks truth --classes background,nucleus=255            masks of 0 and 255
///   mis evaluate predictions masks --classes background,nucleus=1+255     the same beside predictions of 0 and 1
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Evaluate {
    /// Label maps to score
    pub predictions: PathBuf,
    /// The experts' label maps
    pub truth: PathBuf,
    /// Names of the classes, background first; each has its place, 0, 1, 2 …, as label value, or those it names: tumor=2+4
    #[arg(long, value_name = "NAMES")]
    pub classes: ClassTable,
    /// What to score [default: dice,jaccard,precision,sensitivity,volume-difference,hd95,assd]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub metrics: Option<Vec<MetricChoice>>,
    /// Whose conventions to follow
    #[arg(long, default_value_t = Policy::default())]
    pub policy: Policy,
    /// Score the cases that both folders have
    #[arg(long)]
    pub common: bool,
    /// Folder for scores.tsv, summary.json and report.html [default: the table on standard output alone]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
