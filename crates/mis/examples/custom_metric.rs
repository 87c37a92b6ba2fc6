//! A metric of your own: whether a case was found at all, and how far the centers lie apart, in the report of a
//! cross-validation.
//!
//! ```sh
//! cargo run -p mis --example custom_metric
//! ```

mod balls;

use std::sync::Arc;

use mis::core::anyhow::{Context as _, Result};
use mis::core::{DataSource as _, LabelMap};
use mis::eval::{About, Better, CountMetric, Counts, Dice, Metric};
use mis::eval::{cross_validate, k_fold, score_case};

/// From voxel counts alone: the short way.
#[derive(Debug)]
struct Found;

impl CountMetric for Found {
    const NAME: &'static str = "found";

    fn score_counts(&self, counts: &Counts) -> Option<f64> {
        (counts.n_truth() > 0).then(|| f64::from(u8::from(counts.true_positives > 0)))
    }

    fn convention(&self) -> String {
        "1 where one voxel is right; undefined where the truth is empty".to_owned()
    }
}

/// From the label maps.
#[derive(Debug)]
struct CenterDistance;

impl Metric for CenterDistance {
    fn name(&self) -> &str {
        "center_distance"
    }

    fn score(&self, prediction: &LabelMap, truth: &LabelMap, class: u8) -> Option<f64> {
        let (predicted, true_one) = (center(prediction, class)?, center(truth, class)?);
        Some((0..3).map(|axis| (predicted[axis] - true_one[axis]).powi(2)).sum::<f64>().sqrt())
    }

    fn about(&self) -> About {
        About {
            unit: "mm".to_owned(),
            better: Better::Low,
            convention: "undefined where one mask is empty".to_owned(),
        }
    }
}

/// The mean place of a class's voxels in mm.
fn center(labels: &LabelMap, class: u8) -> Option<[f64; 3]> {
    let (mut n, mut sum) = (0.0, [0.0; 3]);
    for ((i, j, k), _) in labels.data().indexed_iter().filter(|(_, label)| **label == class) {
        n += 1.0;
        [i, j, k].iter().zip(&mut sum).for_each(|(at, sum)| *sum += *at as f64);
    }
    (n > 0.0).then(|| labels.affine().world(sum.map(|sum| sum / n)))
}

fn main() -> Result<()> {
    let metrics: [Arc<dyn Metric>; 3] =
        [Arc::new(Dice::default()), Arc::new(Found), Arc::new(CenterDistance)];
    let data = balls::balls()?;
    let classes = ["background", "ball"].map(String::from);
    let splits = k_fold(&data.ids()?, 3, 42)?;
    let report = cross_validate(&splits, &classes, &metrics, |_fold, split| {
        let score = |id| {
            let truth = data.load(id)?.labels.context("every ball has labels")?;
            let mut prediction = truth.clone(); // a network would stand here: this one is two voxels off
            prediction.as_slice_mut().rotate_right(2);
            score_case(id, &prediction, &truth, &metrics, classes.len())
        };
        split.validation.iter().map(score).collect()
    })?;
    let distance = report.aggregate(report.metric_idx("center_distance").context("it is there")?, 1);
    assert_eq!(distance.context("every case has a ball")?.mean, 2.0);
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
