//! Bad input, met before anything is trained.

use std::fs;

use mis_core::LabelMap;
use mis_io::nifti;

use crate::bench::{Bench, affine, assert_success};

#[test]
fn a_missing_label_file_is_named() {
    let bench = Bench::new();
    fs::remove_file(bench.labels(2)).unwrap();
    bench.check_refused(&["case_00002/segmentation.nii.gz"]);
}

#[test]
fn all_bad_cases_are_told_together() {
    let bench = Bench::new();
    fs::remove_file(bench.labels(2)).unwrap();
    fs::write(bench.image(3), b"no scan").unwrap();
    bench.check_refused(&["2 of 4 cases", "case_00002/segmentation.nii.gz", "case_00003/imaging.nii.gz"]);
}

#[test]
fn labels_on_another_lattice_are_named_with_how_far_off_they_are() {
    let bench = Bench::new();
    let labels = nifti::read_labels(&bench.labels(1), None).unwrap();
    let moved = affine(1).moved([1.0, 0.0, 0.0], [1.0; 3]);
    nifti::write_labels(&bench.labels(1), &LabelMap::new(labels.into_data(), moved).unwrap(), None).unwrap();
    bench.check_refused(&["case_00001", "imaging.nii.gz", "segmentation.nii.gz", "3.000 mm"]);
}

#[test]
fn a_label_value_without_a_class_is_named_with_its_count() {
    let bench = Bench::new();
    let mut labels = nifti::read_labels(&bench.labels(0), None).unwrap();
    labels.as_slice_mut()[..5].fill(9);
    nifti::write_labels(&bench.labels(0), &labels, None).unwrap();
    bench.check_refused(&["case_00000/segmentation.nii.gz", "[0, 1, 2]", "9 (5 voxels)"]);
}

#[test]
fn a_patch_side_that_the_network_cannot_halve_is_named_with_its_neighbours() {
    let bench = Bench::new();
    bench.replace("size = [8, 16, 16]", "size = [8, 18, 16]");
    bench.check_refused(&["along j must be a multiple of 4", "got 18", "16 or 20"]);
}

#[test]
fn an_empty_data_folder_is_named() {
    let bench = Bench::new();
    fs::remove_dir_all(bench.path("data")).unwrap();
    bench.check_refused(&["data"]);
    fs::create_dir(bench.path("data")).unwrap();
    bench.check_refused(&["data"]);
}

#[test]
fn a_misspelt_option_is_shown_at_its_line_with_the_names_that_fit() {
    let bench = Bench::new();
    bench.replace("steps-per-epoch", "steps-per-epok");
    bench.check_refused(&["experiment.toml", "line 16", "steps-per-epok", "steps-per-epoch"]);
}

#[test]
fn a_folder_that_holds_a_run_is_not_written_over() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    let before = fs::read(bench.path("run/fold_all/checkpoint_last.safetensors")).unwrap();
    let output = bench.mis(&["train", "experiment.toml", "--out", "run"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds a run already"));
    assert_eq!(fs::read(bench.path("run/fold_all/checkpoint_last.safetensors")).unwrap(), before);
}

#[test]
fn wrong_use_is_told_from_a_failed_run_by_its_exit_code() {
    let bench = Bench::new();
    assert_eq!(bench.mis(&["cv", "experiment.toml"]).status.code(), Some(2));
    assert_eq!(bench.mis(&["fly"]).status.code(), Some(2));
}
