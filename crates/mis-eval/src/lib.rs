//! How good a segmentation is: metrics per class and case, the splits of a cross-validation, and reports that can be
//! read again.
//!
//! A [`Metric`] scores one class of a prediction against the truth, both on one lattice, by the conventions of a named
//! [`Policy`]. [`cross_validate`] runs a closure on each [`Split`] and gathers its [`Scored`] cases in a [`Report`], which
//! writes `scores.tsv`, `summary.json` in nnU-Net's form and `report.html`; [`compare_scores`] lays two runs side by side.
//! Scores that are undefined are left out and counted, never guessed; the conventions followed stand under every table.
//! [`Overlay`] shows labels on a scan, a [`Plot`] training, scores and data.
//!
//! ```
//! use mis_core::{Affine, LabelMap, SampleId, ndarray::Array3};
//! use mis_eval::{cross_validate, k_fold, score_case, standard_metrics};
//!
//! let ids: Vec<SampleId> = ["a", "b", "c", "d"].map(SampleId::from).into();
//! let classes = ["background", "kidney"].map(String::from);
//! let metrics = standard_metrics();
//! let ball = |radius: i32| {
//!     let inside = |at: usize| (at as i32 - 10).pow(2);
//!     let data = Array3::from_shape_fn([21, 21, 21], |(i, j, k)| {
//!         u8::from(inside(i) + inside(j) + inside(k) <= radius.pow(2))
//!     });
//!     LabelMap::new(data, Affine::from_spacing([1.0; 3]))
//! };
//!
//! let report = cross_validate(&k_fold(&ids, 2, 42)?, &classes, &metrics, |_fold, split| {
//!     // Train on split.train, then predict and score each case of split.validation.
//!     split.validation.iter().map(|id| score_case(id, &ball(6)?, &ball(7)?, &metrics, 2)).collect()
//! })?;
//! let hd95 = report.aggregate(report.metric_idx("hd95").unwrap(), 1).unwrap();
//! assert_eq!((hd95.n_defined, hd95.median), (4, 2_f64.sqrt()));
//! println!("{}", report.table());
//! # Ok::<(), anyhow::Error>(())
//! ```

mod metrics;

mod splits;

mod cross_validate;
mod report;
mod scored;
mod statistics;

mod lettering;
mod overlays;
mod plots;

#[cfg(test)]
mod test_maps;

pub use metrics::{About, Better, Comparison, CountMetric, Counts, Metric, count};
pub use metrics::{Accuracy, Dice, Jaccard, Precision, Sensitivity, Specificity};
pub use metrics::{Assd, Hausdorff, Hd95, Nsd, SurfaceAreas, SurfaceDistances};
pub use metrics::{Connectivity, LesionF1, LesionOverlap, LesionPrecision, LesionRecall, LesionRule};
pub use metrics::{MetricChoice, Policy, standard_metrics};
pub use metrics::{PredictedVolume, RelativeVolumeDifference, TrueVolume, VolumeDifference};

pub use splits::{Split, check_splits, detailed, grouped, hold_out, k_fold, leave_one_out, nnunet_folds};
pub use splits::{read_splits, repeated, stratified, stratified_by_value, write_splits};

pub use cross_validate::{cross_validate, run_folds};
pub use report::{Aggregate, Difference, FoldScores, Report, ReportMetric};
pub use report::{CasePicture, DataPage, PageParts, TellingCase};
pub use report::{PairedScores, ScoreTable, compare_scores, paired_table, write_paired};
pub use scored::{Scored, score_case};
pub use statistics::{Interval, Wilcoxon, bootstrap_mean, wilcoxon};

pub use overlays::{Overlay, OverlayStyle, Plane, SliceView, Window, class_color};
pub use overlays::{patch_sheet, write_patch_sheet};
pub use plots::{FoldHistory, IntensitySample, Plot};
pub use plots::{class_frequencies, dice_curves, intensity_histograms, loss_curves};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
