//! Label maps scored, and experiments that say how.

use std::fs;

use mis_core::LabelMap;
use mis_core::ndarray::Array3;
use mis_io::{nifti, picture};

use crate::bench::{Bench, assert_success};

/// Label maps of two cases in a folder, the second moved by so many voxels along k.
fn write_label_maps(bench: &Bench, folder: &str, moved: usize) {
    for case in 0..2 {
        let labels = nifti::read_labels(&bench.labels(case), None).unwrap();
        let (affine, data) = (labels.affine(), labels.into_data());
        let [_, _, n_k]: [usize; 3] = data.dim().into();
        let shift = if case == 1 { moved } else { 0 };
        let data = Array3::from_shape_fn(data.dim(), |(i, j, k)| data[(i, j, (k + n_k - shift) % n_k)]);
        let path = bench.path(folder).join(format!("case_{case}.nii.gz"));
        nifti::write_labels(&path, &LabelMap::new(data, affine).unwrap(), None).unwrap();
    }
}

#[test]
fn label_maps_are_scored_into_files_and_two_evaluations_are_compared() {
    let bench = Bench::new();
    write_label_maps(&bench, "truth", 0);
    write_label_maps(&bench, "good", 1);
    write_label_maps(&bench, "bad", 3);
    let evaluate = |predictions: &str| {
        let metrics = ["--metrics", "dice,hd95,nsd:2,lesion-f1", "--policy", "deepmind", "--out"];
        let classes = ["evaluate", predictions, "truth", "--classes", "background,organ,lesion"];
        let out = format!("{predictions}-scores");
        let output = bench.mis(&[&classes[..], &metrics, &[&out]].concat());
        assert_success(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let table = evaluate("good");
    assert!(table.contains("dice: policy deepmind: undefined where both masks are empty"), "{table}");
    assert!(table.contains("\nnsd_2mm ") && table.contains("\nworst dice of organ: case_1 "), "{table}");
    for file in ["scores.tsv", "summary.json", "report.html"] {
        assert!(bench.path("good-scores").join(file).is_file(), "{file}");
    }
    let scores = fs::read_to_string(bench.path("good-scores/scores.tsv")).unwrap();
    assert!(scores.starts_with("fold\tsample_id\tdice_class-background\tdice_class-organ"), "{scores}");
    assert!(scores.contains("\n0\tcase_0\t1\t1\t1\t"), "{scores}");

    evaluate("bad");
    let output = bench.mis(&["compare", "good-scores", "bad-scores", "--out", "compared.tsv"]);
    assert_success(&output);
    let table = String::from_utf8(output.stdout).unwrap();
    let row = table.lines().find(|line| line.starts_with("dice") && line.contains("organ")).unwrap();
    assert!(row.ends_with("0        1  1.0000"), "one of two cases is worse: {table}");
    assert!(bench.path("compared.tsv").is_file());
}

/// Runs `mis evaluate` on two folders and expects it to fail with this in its error, and to write nothing.
#[track_caller]
fn check_not_scored(bench: &Bench, expected: &[&str]) {
    let args =
        ["evaluate", "predictions", "truth", "--classes", "background,organ,lesion", "--out", "scores"];
    let output = bench.mis(&args);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for part in expected {
        assert!(stderr.contains(part), "expected {part:?} in: {stderr}");
    }
    assert!(!bench.path("scores").exists(), "nothing is written");
}

#[test]
fn label_maps_that_cannot_be_scored_are_told_before_anything_is_written() {
    let bench = Bench::new();
    write_label_maps(&bench, "truth", 0);
    check_not_scored(&bench, &["expected label maps in predictions, found no folder"]);

    write_label_maps(&bench, "predictions", 0);
    fs::rename(bench.path("predictions/case_1.nii.gz"), bench.path("predictions/case_7.nii.gz")).unwrap();
    check_not_scored(
        &bench,
        &["case_7 has no truth in truth (2 cases in all lack their match; --common scores"],
    );
    let args = ["evaluate", "predictions", "truth", "--classes", "background,organ,lesion", "--common"];
    assert_success(&bench.mis(&args));

    fs::rename(bench.path("predictions/case_7.nii.gz"), bench.path("predictions/case_1.nii.gz")).unwrap();
    let labels = nifti::read_labels(&bench.path("truth/case_1.nii.gz"), None).unwrap();
    let off = labels.affine().moved([0.0, 0.0, 1.0], [1.0; 3]);
    let moved = LabelMap::new(labels.data().to_owned(), off).unwrap();
    nifti::write_labels(&bench.path("predictions/case_1.nii.gz"), &moved, None).unwrap();
    check_not_scored(&bench, &["case_1: ", "does not lie on the lattice of truth/case_1.nii.gz", "1.500 mm"]);

    for case in 0..2 {
        let path = bench.path(&format!("predictions/case_{case}.nii.gz"));
        let mut unknown =
            nifti::read_labels(&bench.path(&format!("truth/case_{case}.nii.gz")), None).unwrap();
        unknown.as_slice_mut()[..3].fill(5);
        nifti::write_labels(&path, &unknown, None).unwrap();
    }
    check_not_scored(
        &bench,
        &[
            "2 of 2 cases cannot be scored",
            "case_1: ",
            "expected the label values [0, 1, 2], found 5 (3 voxels)",
        ],
    );
}

#[test]
fn masks_of_0_and_255_are_scored_by_the_value_of_their_class() {
    let bench = Bench::new();
    let write = |folder: &str, value: u8, n: usize| {
        let data = Array3::from_shape_fn([8, 8, 1], |(i, j, _)| if i < n && j < 4 { value } else { 0 });
        let labels = LabelMap::new(data, mis_core::Affine::from_spacing([1.0; 3])).unwrap();
        picture::write_labels(&bench.path(folder).join("a.png"), &labels).unwrap();
    };
    write("masks", 255, 4);
    write("predictions", 255, 2);
    write("indices", 1, 2);
    let evaluate = |predictions: &str, classes: &str| {
        bench.mis(&["evaluate", predictions, "masks", "--classes", classes, "--metrics", "dice"])
    };
    let refused = evaluate("predictions", "background,nucleus");
    let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    let mend = "found 255 (8 voxels); --classes says which class a value is of, as in nucleus=1+255";
    assert!(stderr.contains(mend), "{stderr}");
    for (predictions, classes) in
        [("predictions", "background,nucleus=255"), ("indices", "background,nucleus=1+255")]
    {
        let scored = evaluate(predictions, classes);
        assert_success(&scored);
        let table = String::from_utf8_lossy(&scored.stdout).into_owned();
        assert!(table.contains("0.6667"), "2 * 8 / (8 + 16): {table}"); // of 16 voxels 8 are found
    }
}

#[test]
fn an_experiment_says_how_it_is_split_and_scored() {
    let bench = Bench::new();
    bench
        .replace("folds = { k-fold = 2 }", "folds = { grouped = { k = 2, by = { file = \"groups.tsv\" } } }");
    bench.replace(
        "[train]",
        "[evaluate]\npolicy = \"monai\"\nmetrics = [\"dice\", { nsd = { tolerance = 3.0 } }]\n[train]",
    );
    bench.replace("epochs = 3", "epochs = 1");
    let groups = (0..4).map(|case| format!("case_{case:05}\tpatient {}\n", case % 2)).collect::<String>();
    fs::write(bench.path("groups.tsv"), groups).unwrap();
    let output = bench.mis(&["cv", "experiment.toml", "--out", "run", "--folds", "0"]);
    assert_success(&output);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("nsd_3mm: policy monai: part of both surfaces within 3 mm"), "{table}");
    let splits = fs::read_to_string(bench.path("run/splits.json")).unwrap();
    let splits: String = splits.split_whitespace().collect();
    assert!(
        splits.contains("[\"case_00000\",\"case_00002\"]")
            && splits.contains("[\"case_00001\",\"case_00003\"]")
    );
}
