//! A cross-validation of a network that is always a voxel off, its report, and its comparison with a better one.
//!
//! ```sh
//! cargo run -p mis-eval --example scores -- report.html
//! ```

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::path::Path;

use anyhow::Result;
use mis_core::ndarray::Array3;
use mis_core::{Affine, LabelMap, SampleId};
use mis_eval::{Report, bootstrap_mean, cross_validate, k_fold, score_case, standard_metrics, wilcoxon};

/// A ball in voxels of 3 × 1 × 1 mm, larger from case to case.
fn ball(case: usize, off: [f64; 3]) -> Result<LabelMap> {
    let labels = Array3::from_shape_fn([16, 40, 40], |(i, j, k)| {
        let mm = [3.0 * (i as f64 - 8.0 - off[0]), j as f64 - 20.0 - off[1], k as f64 - 20.0 - off[2]];
        u8::from(mm.iter().map(|along| along * along).sum::<f64>() <= (8.0 + case as f64).powi(2))
    });
    LabelMap::new(labels, Affine::from_spacing([3.0, 1.0, 1.0]))
}

/// Cross-validates a network that is off by so many voxels.
fn report(off: [f64; 3]) -> Result<Report> {
    let ids: Vec<SampleId> = (0..9).map(|case| SampleId(format!("case_{case}"))).collect();
    let classes = ["background", "tumor"].map(String::from);
    let metrics = standard_metrics();
    cross_validate(&k_fold(&ids, 3, 42)?, &classes, &metrics, |_fold, split| {
        let score = |id: &SampleId| {
            let case = ids.iter().position(|other| other == id).unwrap_or_default();
            score_case(id, &ball(case, off)?, &ball(case, [0.0; 3])?, &metrics, classes.len())
        };
        split.validation.iter().map(score).collect()
    })
}

fn main() -> Result<()> {
    let (first, second) = (report([1.0, 0.0, 0.0])?, report([0.0, 1.0, 0.0])?);
    println!("{}", first.table());
    let dice = |report: &Report| -> Vec<f64> {
        let cases = report.folds().iter().flat_map(|fold| &fold.cases);
        cases.filter_map(|case| case.scores[0][1]).collect()
    };
    let gained: Vec<f64> =
        dice(&second).iter().zip(dice(&first)).map(|(second, first)| second - first).collect();
    if let (Some(mean), Some(test)) = (bootstrap_mean(&gained, 0), wilcoxon(&gained)) {
        println!("the second gains Dice by {:.3} to {:.3} (95 %), p = {:.4}", mean.low, mean.high, test.p);
        assert!(mean.low > 0.0); // a slice is thicker than a pixel
    }
    if let Some(path) = std::env::args().nth(1).filter(|path| path.ends_with(".html")) {
        first.write_html(Path::new(&path), "A voxel off")?;
    }
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
