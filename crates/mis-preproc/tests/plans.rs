//! Plans against nnU-Net's own; `reference/make_plans.py` says how they were made.

use std::collections::BTreeMap;

use mis_core::SampleId;
use mis_preproc::{
    CaseLattice, ChannelKind, Fingerprint, ForegroundValues, Pad, Padding, Plan, PlanBudget, Step,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    spacings: Vec<[f64; 3]>,
    shapes: Vec<[usize; 3]>,
    n_classes: usize,
    spacing: [f64; 3],
    patch_size: [usize; 3],
    batch_size: usize,
    channels: Vec<usize>,
    strides: Vec<[usize; 3]>,
}

fn fingerprint(spacings: &[[f64; 3]], shapes: &[[usize; 3]]) -> Fingerprint {
    let cases = spacings.iter().zip(shapes).enumerate().map(|(n, (&spacing, &shape))| {
        (SampleId(format!("{n:03}")), CaseLattice { spacing, shape, shape_after_crop: shape })
    });
    let values = ForegroundValues {
        n_voxels: 1000,
        mean: 100.0,
        sd: 50.0,
        min: -300.0,
        max: 900.0,
        median: 101.0,
        percentile_00_5: -79.0,
        percentile_99_5: 304.0,
    };
    Fingerprint { cases: cases.collect(), channels: vec![values] }
}

#[test]
fn plans_are_those_of_nnunet() {
    let reference: BTreeMap<String, Reference> =
        serde_json::from_str(include_str!("reference/plans.json")).expect("the reference is JSON");
    assert_eq!(reference.len(), 7);
    for (name, expected) in reference {
        let fingerprint = fingerprint(&expected.spacings, &expected.shapes);
        let found =
            Plan::of(&fingerprint, &[ChannelKind::Other], expected.n_classes, PlanBudget::default()).unwrap();
        let near = found.spacing.iter().zip(expected.spacing).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near, "{name}: expected spacing {:?}, found {:?}", expected.spacing, found.spacing);
        assert_eq!(found.patch_size, expected.patch_size, "{name}");
        assert_eq!(found.batch_size, expected.batch_size, "{name}");
        let channels: Vec<_> = found.stages.iter().map(|stage| stage.channels).collect();
        assert_eq!(channels, expected.channels, "{name}");
        let strides: Vec<_> = found.stages.iter().map(|stage| stage.stride).collect();
        assert_eq!(strides, expected.strides, "{name}");
    }
}

#[test]
fn less_memory_makes_smaller_patches_that_the_network_can_still_halve() {
    let fingerprint = fingerprint(&[[3.0, 0.8, 0.8]; 3], &[[120, 512, 512]; 3]);
    let mut last = usize::MAX;
    for gigabytes in [24.0, 8.0, 4.0, 2.0, 1.0] {
        let plan = Plan::of(&fingerprint, &[ChannelKind::Ct], 3, PlanBudget { gigabytes }).unwrap();
        let n: usize = plan.patch_size.iter().product();
        assert!(n < last, "{gigabytes} GB: {:?}", plan.patch_size);
        last = n;
        let divisor =
            [0, 1, 2].map(|axis| plan.stages.iter().map(|stage| stage.stride[axis]).product::<usize>());
        assert!(
            (0..3).all(|axis| plan.patch_size[axis].is_multiple_of(divisor[axis])),
            "{:?}",
            plan.patch_size
        );
    }
}

#[test]
fn a_ct_is_normalized_by_the_numbers_of_its_foreground() {
    let fingerprint = fingerprint(&[[3.0, 0.8, 0.8]; 3], &[[120, 512, 512]; 3]);
    let plan = Plan::of(&fingerprint, &[ChannelKind::of_name("CT")], 3, PlanBudget::default()).unwrap();
    let [Step::CtNormalize(ct), Step::Resample(resample)] = plan.preprocess.as_slice() else {
        panic!("expected ct-normalize and resample, found {:?}", plan.preprocess)
    };
    assert_eq!([ct.min, ct.max, ct.mean, ct.sd], [-79.0, 304.0, 100.0, 50.0]);
    assert_eq!(resample.spacing, [3.0, 0.8, 0.8]);
    let error = Plan::of(&fingerprint, &[], 3, PlanBudget::default()).unwrap_err().to_string();
    assert_eq!(error, "expected the kinds of 1 channels, got 0");
}

#[test]
fn scans_smaller_than_a_patch_have_zeros_around_them() {
    let fingerprint = fingerprint(&[[1.0; 3]; 3], &[[35, 51, 35], [36, 49, 34], [33, 52, 37]]);
    let plan = Plan::of(&fingerprint, &[ChannelKind::Other], 3, PlanBudget::default()).unwrap();
    let expected = Pad { min_size: plan.patch_size, divisible_by: [1; 3], fill: Padding::Value(0.0) };
    let last = plan.preprocess.last();
    assert!(matches!(last, Some(Step::Pad(pad)) if *pad == expected), "{last:?}");
    assert!(plan.reasons.preprocess.ends_with("what is smaller than a patch has zeros around it"));
}
