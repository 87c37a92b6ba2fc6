//! The phantom of `data-fixtures` is what its generator makes.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic in its helpers too")]

use std::path::Path;

use mis_core::{ClassTable, DataSource as _};
use mis_io::CaseFolders;

#[path = "../examples/phantom/anatomy.rs"]
mod anatomy;
#[path = "../examples/phantom/scan.rs"]
mod scan;

fn committed() -> CaseFolders {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/phantom");
    let mut cases = CaseFolders::open(folder).unwrap();
    cases.set_classes(&ClassTable::from_names(["background", "kidney", "tumor"]).unwrap());
    cases
}

#[test]
fn a_case_made_again_has_the_committed_voxels() {
    let made = scan::phantom(3);
    let kept = committed().load(&made.id).unwrap();
    assert_eq!(made.image.data(), kept.image.data());
    assert_eq!(made.labels.unwrap().data(), kept.labels.unwrap().data());
    // Headers hold f32.
    made.image.geometry().check_same(&kept.image.geometry()).unwrap();
}

#[test]
fn every_case_has_kidneys_and_a_tumor_that_can_be_found() {
    let cases = committed();
    let ids = cases.ids().unwrap();
    assert_eq!(ids.len(), 8);
    for id in ids {
        let sample = cases.load(&id).unwrap();
        let labels = sample.labels.unwrap();
        let mean = |class: u8| {
            let pairs = sample.image.as_slice().iter().zip(labels.as_slice());
            let values: Vec<f64> =
                pairs.filter(|(_, label)| **label == class).map(|(v, _)| (*v).into()).collect();
            (values.len(), values.iter().sum::<f64>() / values.len() as f64)
        };
        let ((n_kidney, kidney), (n_tumor, tumor)) = (mean(anatomy::KIDNEY), mean(anatomy::TUMOR));
        assert!(n_kidney >= 2000 && n_tumor >= 250, "{id}: {n_kidney} and {n_tumor} voxels");
        assert!(
            (150.0..190.0).contains(&kidney) && (80.0..115.0).contains(&tumor),
            "{id}: {kidney}, {tumor} HU"
        );
    }
}
