//! How good a segmentation is: metrics per class and case, the splits of a cross-validation, and reports that can be
//! read again.
//!
//! A [`Metric`] scores one class of a prediction against the truth, both on one lattice. [`cross_validate`] runs a
//! closure on each [`Split`] and gathers its [`Scored`] cases in a [`Report`], which writes `scores.tsv`,
//! `summary.json` in nnU-Net's form and `report.html`. Scores that are undefined are left out and counted, never
//! guessed; the conventions followed stand under every table.
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

mod count_metric;
mod metric;
mod metric_choice;

mod accuracy;
mod assd;
mod dice;
mod hausdorff;
mod jaccard;
mod precision;
mod sensitivity;
mod specificity;
mod volume_difference;

mod comparison;
mod counts;
mod distance_transform;
mod surface_distances;

mod hold_out;
mod k_fold;
mod nnunet_folds;
mod numpy_random;
mod split;
mod splits_file;

mod aggregate;
mod cross_validate;
mod difference;
mod report;
mod scored;

mod box_plot;
mod html;
mod scores_tsv;
mod summary;
mod table;

#[cfg(test)]
mod test_maps;

pub use count_metric::CountMetric;
pub use metric::{About, Better, Metric};
pub use metric_choice::{MetricChoice, standard_metrics};

pub use {accuracy::Accuracy, dice::Dice, jaccard::Jaccard, precision::Precision};
pub use {sensitivity::Sensitivity, specificity::Specificity, volume_difference::VolumeDifference};

pub use assd::Assd;
pub use hausdorff::{Hausdorff, Hd95};

pub use comparison::Comparison;
pub use counts::{Counts, count};
pub use surface_distances::SurfaceDistances;

pub use hold_out::hold_out;
pub use k_fold::{grouped, k_fold, leave_one_out};
pub use nnunet_folds::nnunet_folds;
pub use split::{Split, check_splits, detailed};
pub use splits_file::{read_splits, write_splits};

pub use aggregate::Aggregate;
pub use cross_validate::{cross_validate, run_folds};
pub use difference::Difference;
pub use report::{FoldScores, Report, ReportMetric};
pub use scored::{Scored, score_case};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
