//! Scores of small masks against those that other libraries give them (`data-fixtures/metrics/metric_reference.py`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use mis_core::ndarray::Array3;
use mis_core::{Affine, LabelMap};
use mis_eval::{Connectivity, LesionPrecision, LesionRecall, LesionRule, Metric, MetricChoice, Policy};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Reference {
    tolerances: Vec<f64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    shape: [usize; 3],
    spacing: [f64; 3],
    prediction: Vec<usize>,
    truth: Vec<usize>,
    nnunet: BTreeMap<String, Value>,
    monai: BTreeMap<String, Value>,
    medpy: BTreeMap<String, Value>,
    deepmind: BTreeMap<String, Value>,
    lesions: BTreeMap<Connectivity, Lesions>,
}

#[derive(Deserialize)]
struct Lesions {
    n_true: u32,
    n_predicted: u32,
    n_found: u32,
    n_right: u32,
}

impl Case {
    /// The mask as class 2 among other classes: what is not of the class is not always background.
    fn map(&self, run_lengths: &[usize]) -> LabelMap {
        let mut labels = Vec::new();
        for (run, &length) in run_lengths.iter().enumerate() {
            labels.extend((0..length).map(|voxel| if run % 2 == 1 { 2 } else { (voxel % 2) as u8 }));
        }
        let data = Array3::from_shape_vec(self.shape, labels).unwrap();
        LabelMap::new(data, Affine::from_spacing(self.spacing)).unwrap()
    }

    #[track_caller]
    fn check(&self, metric: &dyn Metric, expected: &Value, tolerance: f64) {
        let expected = match expected {
            Value::Null => None,
            Value::String(text) => Some(text.parse().unwrap()),
            number => Some(number.as_f64().unwrap()),
        };
        let found = metric.score(&self.map(&self.prediction), &self.map(&self.truth), 2);
        let same = match (found, expected) {
            (Some(found), Some(expected)) if expected.is_finite() => (found - expected).abs() <= tolerance,
            _ => found == expected,
        };
        assert!(same, "{}: {metric:?} is {found:?}, expected {expected:?}", self.name);
    }
}

fn reference() -> Reference {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data-fixtures/metrics/metric_reference.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn scores_of_a_policy_are_those_of_its_library() {
    let reference = reference();
    let mut n_checked = 0;
    for case in &reference.cases {
        let of_library = [&case.nnunet, &case.monai, &case.medpy, &case.deepmind];
        for (policy, scores) in Policy::ALL.into_iter().zip(of_library) {
            for (name, expected) in scores {
                if name == "nsd" {
                    for (&tolerance, expected) in
                        reference.tolerances.iter().zip(expected.as_array().unwrap())
                    {
                        let metric = MetricChoice::Nsd { tolerance }.metric(policy).unwrap();
                        case.check(metric.as_ref(), expected, 1e-6);
                        n_checked += 1;
                    }
                    continue;
                }
                let choice: MetricChoice = name.replace('_', "-").parse().unwrap();
                // mm, or ratios that the library may round to f32.
                let tolerance =
                    if ["hausdorff", "hd95", "assd"].contains(&name.as_str()) { 1e-4 } else { 1e-6 };
                case.check(choice.metric(policy).unwrap().as_ref(), expected, tolerance);
                n_checked += 1;
            }
        }
    }
    assert_eq!(n_checked, reference.cases.len() * (2 + 9 + 4 + 9 + 4 + 4));
}

#[test]
fn lesions_are_those_of_scipys_components() {
    for case in &reference().cases {
        for (&connectivity, lesions) in &case.lesions {
            let rule = LesionRule { connectivity, ..LesionRule::default() };
            let part =
                |n: u32, of: u32| if of == 0 { Value::Null } else { (f64::from(n) / f64::from(of)).into() };
            case.check(&LesionRecall { rule }, &part(lesions.n_found, lesions.n_true), 0.0);
            case.check(&LesionPrecision { rule }, &part(lesions.n_right, lesions.n_predicted), 0.0);
        }
    }
}
