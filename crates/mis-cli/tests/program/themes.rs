//! What users of frameworks like this one have stumbled over, theme by theme, and what this one says there: the themes of
//! MIScnn's issues. Each answer names what was expected, what was found and how to mend it.

use std::collections::BTreeMap;
use std::fs;

use mis_core::ndarray::{Array3, Array4};
use mis_core::{LabelMap, Volume};
use mis_io::nifti;

use crate::bench::{Bench, affine, assert_success};

/// Runs the program and expects it to fail with these texts in what it says.
#[track_caller]
fn check(bench: &Bench, args: &[&str], expected: &[&str]) {
    let output = bench.mis(args);
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in expected {
        assert!(said.contains(part), "expected {part:?} in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

const CV: [&str; 4] = ["cv", "experiment.toml", "--out", "run"];
const CHECK: [&str; 2] = ["check", "experiment.toml"];

/// The weights of a training on all cases, by name.
fn weights(bench: &Bench, run: &str) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(bench.path(run).join("fold_all/checkpoint_last.safetensors")).unwrap();
    let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let head: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&bytes[8..8 + n]).unwrap();
    let of_network = head.into_iter().filter(|(name, _)| name.starts_with("model."));
    let values = |tensor: &serde_json::Value| {
        let [first, end] = [0, 1].map(|side| tensor["data_offsets"][side].as_u64().unwrap() as usize);
        bytes[8 + n..][first..end].to_vec()
    };
    of_network.map(|(name, tensor)| (name, values(&tensor))).collect()
}

fn blank(bench: &Bench, case: usize) {
    let labels = nifti::read_labels(&bench.labels(case), None).unwrap();
    let blank = LabelMap::new(Array3::zeros(labels.shape()), labels.affine()).unwrap();
    nifti::write_labels(&bench.labels(case), &blank, None).unwrap();
}

#[test]
fn geometry_labels_that_lie_elsewhere_are_told_with_the_distance_and_the_mend() {
    let bench = Bench::new();
    let labels = nifti::read_labels(&bench.labels(1), None).unwrap();
    let moved = affine(1).moved([0.0, 2.0, 0.0], [1.0; 3]);
    nifti::write_labels(&bench.labels(1), &LabelMap::new(labels.into_data(), moved).unwrap(), None).unwrap();
    check(&bench, &CHECK, &["case_00001", "position", "2.500 mm", "`aligned`"]);
}

#[test]
fn file_layout_a_folder_of_another_layout_is_told_with_the_name_that_was_looked_for() {
    let bench = Bench::new();
    bench.replace("path = \"data\"", "path = \"data\", image = \"ct.nii.gz\"");
    check(&bench, &CV, &["case_00000/ct.nii.gz"]);
}

#[test]
fn patch_size_a_side_that_cannot_be_halved_is_told_with_its_neighbours() {
    let bench = Bench::new();
    bench.replace("size = [8, 16, 16]", "size = [8, 16, 22]");
    check(&bench, &CV, &["along k must be a multiple of 4", "got 22", "20 or 24"]);
}

#[test]
fn patch_size_a_patch_larger_than_the_scan_is_padded() {
    let bench = Bench::new();
    bench.replace("size = [8, 16, 16]", "size = [32, 32, 32]");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    assert_success(&bench.mis(&["predict", "run", "data", "--out", "out"]));
}

#[test]
fn patch_merging_an_overlap_as_large_as_the_patch_is_refused() {
    let bench = Bench::new();
    bench.replace("overlap = [4, 8, 8]", "overlap = [8, 8, 8]");
    check(&bench, &CV, &["overlap along i must be less than the size 8, got 8"]);
}

#[test]
fn label_values_a_mask_of_255_is_told_with_its_count() {
    let bench = Bench::new();
    let mut labels = nifti::read_labels(&bench.labels(0), None).unwrap();
    labels.as_slice_mut()[..7].fill(255);
    nifti::write_labels(&bench.labels(0), &labels, None).unwrap();
    check(
        &bench,
        &CV,
        &["case_00000/segmentation.nii.gz", "expected the label values [0, 1, 2]", "255 (7 voxels)"],
    );
}

#[test]
fn label_values_labels_of_another_shape_are_told_with_both() {
    let bench = Bench::new();
    let labels = LabelMap::new(Array3::zeros([9, 24, 20]), affine(0)).unwrap();
    nifti::write_labels(&bench.labels(0), &labels, None).unwrap();
    check(&bench, &CHECK, &["case_00000", "[10, 24, 20]", "[9, 24, 20]"]);
}

#[test]
fn blank_samples_where_no_case_has_foreground_it_is_said() {
    let bench = Bench::new();
    bench.replace("overlap = [4, 8, 8]", "overlap = [4, 8, 8]\nskip-blank = true");
    (0..4).for_each(|case| blank(&bench, case));
    check(&bench, &CV, &["blank"]);
}

#[test]
fn epochs_an_epoch_without_steps_is_refused_and_a_dry_run_says_what_one_is() {
    let bench = Bench::new();
    bench.replace("steps-per-epoch = 4", "steps-per-epoch = 0");
    check(&bench, &CV, &["steps-per-epoch must be positive, got 0"]);
    bench.replace("steps-per-epoch = 0\n", "");
    let output = bench.mis(&["cv", "experiment.toml", "--dry-run"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("an epoch: 1 batches of 2 patches"));
}

#[test]
fn multimodal_a_scan_that_lacks_a_channel_is_named() {
    let bench = Bench::new();
    let volume = Volume::new(Array4::zeros((1, 8, 8, 8)), affine(0)).unwrap();
    for file in ["mr/a_t1.nii.gz", "mr/a_t2.nii.gz", "mr/b_t1.nii.gz"] {
        nifti::write_volume(&bench.path(file), &volume, None).unwrap();
    }
    let paired = "data = { paired = { path = \"mr\", image = [\"*_t1.nii.gz\", \"*_t2.nii.gz\"] } }";
    bench.replace("data = { case-folders = { path = \"data\" } }", paired);
    check(&bench, &CV, &["b", "_t2.nii.gz"]);
}

#[test]
fn slices_an_axis_that_there_is_not_is_refused() {
    let bench = Bench::new();
    bench.replace(
        "{ case-folders = { path = \"data\" } }",
        "{ slices = { of = { case-folders = { path = \"data\" } }, axis = 3 } }",
    );
    check(&bench, &CV, &["axis", "3"]);
}

#[test]
fn resuming_a_folder_that_holds_a_run_is_told_with_both_ways_out() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    check(
        &bench,
        &["train", "experiment.toml", "--out", "run"],
        &["run holds a run already: resume it, or choose another folder"],
    );
    bench.replace("learning-rate = 1e-2", "learning-rate = 1e-3");
    check(
        &bench,
        &["train", "experiment.toml", "--out", "run", "--resume"],
        &["another experiment", "learning_rate"],
    );
}

#[test]
fn hanging_a_training_without_workers_is_refused_and_a_broken_case_ends_the_run() {
    let bench = Bench::new();
    bench.replace("epochs = 3", "epochs = 3\nworkers = 0");
    check(&bench, &CV, &["workers must be positive, got 0"]);
    bench.replace("workers = 0\n", "");
    let bytes = fs::read(bench.image(3)).unwrap();
    fs::write(bench.image(3), &bytes[..bytes.len() / 2]).unwrap();
    check(&bench, &CV, &["case_00003/imaging.nii.gz"]);
}

#[test]
fn installation_a_device_that_there_is_not_is_told_with_those_that_there_are() {
    let bench = Bench::new();
    check(
        &bench,
        &[&CV[..], &["--device", "cuda:7"]].concat(),
        &["device cuda:7 is not there", "0 GPUs", "cargo xtask setup --cuda"],
    );
}

#[test]
fn evaluation_the_best_weights_of_a_training_that_was_never_validated_are_asked_for_in_vain() {
    let bench = Bench::new();
    bench.replace("[train]", "[predict]\nweights = \"best\"\n[train]");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    check(
        &bench,
        &["predict", "run", "data", "--out", "out"],
        &["checkpoint_best.safetensors, found none: was the training ever validated?"],
    );
}

#[test]
fn evaluation_cases_that_lack_their_truth_are_named() {
    let bench = Bench::new();
    let args = ["evaluate", "data", "none", "--classes", "background,organ,lesion"];
    check(&bench, &args, &["none"]);
    fs::create_dir(bench.path("truth")).unwrap();
    fs::copy(bench.labels(0), bench.path("truth/case_00000.nii.gz")).unwrap();
    let args = ["evaluate", "data", "truth", "--classes", "background,organ,lesion"];
    check(
        &bench,
        &args,
        &["case_00001 has no truth in truth (3 cases in all lack their match; --common scores the others)"],
    );
}

#[test]
fn class_count_a_run_of_other_classes_is_told_with_both() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "three"]));
    bench.replace("\"organ\", \"lesion\"]", "{ name = \"organ\", values = [1, 2] }]");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "two"]));
    check(
        &bench,
        &["predict", "three", "two", "data", "--out", "out"],
        &[
            "expected runs of the same classes, found 3 of background, organ, lesion and 2 of background, organ",
        ],
    );
}

#[test]
fn configuration_a_data_set_without_class_names_is_planned_when_they_are_given() {
    let bench = Bench::new();
    check(&bench, &["plan", "data"], &["names no classes", "--classes"]);
}

#[test]
fn dicom_a_broken_series_is_named() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    fs::create_dir(bench.path("series")).unwrap();
    fs::write(bench.path("series/1.dcm"), b"no DICOM").unwrap();
    check(&bench, &["predict", "run", "series", "--out", "out"], &["series/1.dcm"]);
}

#[test]
fn losses_and_networks_a_name_that_there_is_not_is_told_with_those_that_there_are() {
    let bench = Bench::new();
    bench.replace("loss = \"dice-cross-entropy\"", "loss = \"dice\"");
    check(
        &bench,
        &CV,
        &["experiment.toml, line 8, column 8", "unknown variant `dice`", "`soft-dice`", "`unified-focal`"],
    );
    bench.replace("loss = \"dice\"", "loss = { cross-entropy = { weights = [1.0, 2.0] } }");
    check(&bench, &CV, &["loss: ", "weights", "3 classes", "2"]);
    bench.replace("loss = { cross-entropy = { weights = [1.0, 2.0] } }\n", "");
    bench.replace("unet = {", "vnet = {");
    check(&bench, &CV, &["unknown variant `vnet`", "`unet`", "`residual-encoder-unet`"]);
}

#[test]
fn activations_probabilities_of_a_run_come_back_onto_the_scan() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    assert_success(&bench.mis(&["predict", "run", "data", "--out", "out", "--probabilities"]));
    let scan = nifti::read_image(&bench.image(1)).unwrap();
    let found = nifti::read_image(&bench.path("out/case_00001_probabilities.nii.gz")).unwrap();
    assert_eq!((found.n_channels(), found.geometry()), (3, scan.geometry()));
}

#[test]
fn ensembles_a_folder_that_is_no_run_is_told() {
    let bench = Bench::new();
    check(
        &bench,
        &["predict", "data", "data", "--out", "out"],
        &["cannot predict with data", "experiment.toml"],
    );
    check(
        &bench,
        &["predict", "none", "data", "--out", "out"],
        &["expected the folder of a run, found no folder none"],
    );
}

#[test]
fn fine_tuning_begins_with_what_fits_of_a_run_of_other_classes() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "three"]));
    bench.replace(
        "\"organ\", \"lesion\"]",
        "{ name = \"organ\", values = [1, 2] }]\nstart-from = \"three/fold_all\"",
    );
    bench.replace("learning-rate = 1e-2", "learning-rate = 1e-30");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "two"]));
    // A step of 1e-30 changes no weight: all but the output layer are those of the first run.
    let (three, two) = (weights(&bench, "three"), weights(&bench, "two"));
    let same = two.iter().filter(|(name, values)| three.get(*name) == Some(values)).count();
    assert!(same > 10 && two.len() - same <= 2, "{same} of {} weights are the same", two.len());
    bench.replace("three/fold_all", "none");
    check(&bench, &["train", "experiment.toml", "--out", "none"], &["start-from", "none"]);
}
