//! `mis evaluate`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mis_pipeline::{ClassTable, EvaluateConfig, EvaluationJob, MetricChoice, Policy, evaluate, write_report};

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
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Evaluate {
    /// Label maps to score
    predictions: PathBuf,
    /// The experts' label maps
    truth: PathBuf,
    /// Names of the classes, background first; each has its place, 0, 1, 2 …, as label value
    #[arg(long, value_delimiter = ',', required = true, value_name = "NAMES")]
    classes: Vec<String>,
    /// What to score [default: dice,jaccard,precision,sensitivity,volume-difference,hd95,assd]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    metrics: Option<Vec<MetricChoice>>,
    /// Whose conventions to follow
    #[arg(long, default_value_t = Policy::default())]
    policy: Policy,
    /// Score the cases that both folders have
    #[arg(long)]
    common: bool,
    /// Folder for scores.tsv, summary.json and report.html [default: the table on standard output alone]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Evaluate {
    pub(crate) fn run(&self) -> Result<()> {
        let standard = EvaluateConfig::default().metrics;
        let metrics = self.metrics.clone().unwrap_or(standard);
        let job = EvaluationJob {
            predictions: &self.predictions,
            truth: &self.truth,
            classes: &ClassTable::from_names(self.classes.iter().cloned())?,
            config: &EvaluateConfig { metrics, policy: self.policy },
            common: self.common,
        };
        let report = evaluate(&job)?;
        if let Some(out) = &self.out {
            write_report(&report, out, "Evaluation")?;
        }
        print!("{}", report.table());
        Ok(())
    }
}
