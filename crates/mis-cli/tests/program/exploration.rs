//! Looking at data before and after a run.

use std::fs;
use std::path::{Path, PathBuf};

use mis_core::LabelMap;
use mis_core::ndarray::Array3;
use mis_io::nifti;

use crate::bench::{Bench, assert_success, command};

#[test]
fn augmented_patches_are_shown_and_what_was_drawn_is_told() {
    let bench = Bench::new();
    let render = || {
        let output =
            bench.mis(&["render", "--augmented", "experiment.toml", "--out", "sheet.png", "-n", "6"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        (String::from_utf8(output.stdout).unwrap(), fs::read(bench.path("sheet.png")).unwrap())
    };
    let (told, sheet) = render();
    assert_eq!(told.lines().count(), 6, "{told}");
    assert!(told.starts_with("1 case_0000"), "{told}");
    assert!(
        ["contrast: ", "gamma: ", "spatial: ", "brightness: "].iter().any(|name| told.contains(name)),
        "{told}"
    );
    assert!(sheet.starts_with(b"\x89PNG"));
    assert_eq!(render(), (told, sheet), "one experiment, one sheet");
}

#[test]
fn labels_are_shown_on_a_scan_from_files() {
    let bench = Bench::new();
    let (image, labels) = (bench.image(1), bench.labels(1));
    let render = |args: &[&str]| {
        let paths = [image.to_str().unwrap(), labels.to_str().unwrap()];
        bench.mis(&[&["render"], paths.as_slice(), args].concat())
    };
    let truth = bench.labels(1);
    let truth = ["--truth", truth.to_str().unwrap(), "--errors"];
    assert_success(&render(&[truth.as_slice(), &["--out", "x.gif", "--window", "-100,300"]].concat()));
    assert!(fs::read(bench.path("x.gif")).unwrap().starts_with(b"GIF89a"));
    assert_success(&render(&["--out", "x.png", "--slices", "coronal", "--classes", "nothing,organ,lesion"]));
    assert!(fs::read(bench.path("x.png")).unwrap().starts_with(b"\x89PNG"));

    let refused = |args: &[&str], code: i32, expected: &str| {
        let output = render(args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && stderr.contains(expected), "{stderr}");
    };
    refused(&["--out", "x.jpg"], 1, "expected a file .gif or .png to write, got x.jpg");
    refused(&["--out", "x.gif", "--alpha", "2"], 1, "alpha must be 0 to 1, got 2");
    refused(&["--out", "x.gif", "--classes", "nothing,organ"], 1, "2");
    refused(&["--out", "x.gif", "--errors"], 2, "--truth");
    refused(&["--out", "x.gif", "--augmented"], 2, "expected an experiment file, got 2 paths");
    let other = bench.labels(2);
    let moved = ["--truth", other.to_str().unwrap(), "--out", "x.gif"];
    refused(&moved, 1, "the truth does not lie on the image's lattice");
}

#[test]
fn a_plan_is_an_experiment_that_says_why_and_writes_over_nothing() {
    let bench = Bench::new();
    let plan = ["plan", "data", "--classes", "background,organ,lesion", "--out", "plan.toml"];
    assert_success(&bench.mis(&plan));
    let file = fs::read_to_string(bench.path("plan.toml")).unwrap();
    for part in ["# Spacing: the median over the scans.", "size = [12, 24, 24]", "[model.plain-conv-unet]"] {
        assert!(file.contains(part), "expected {part:?} in: {file}");
    }
    let again = bench.mis(&plan);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is there already: name another file"));
    // It runs as it is; one short epoch of it is enough to see it train.
    assert_success(&bench.mis(&["check", "plan.toml"]));
    assert_success(&bench.mis(&["cv", "plan.toml", "--dry-run"]));
    let short = "extends = 'plan.toml'\ntrain = { epochs = 1, steps-per-epoch = 1, validate-every = 0 }";
    fs::write(bench.path("short.toml"), short).unwrap();
    assert_success(&bench.mis(&["train", "short.toml", "--out", "run"]));
}

#[test]
fn inspect_shows_every_case_and_check_every_problem() {
    let bench = Bench::new();
    let inspected = bench.mis(&[
        "inspect",
        "data",
        "--classes",
        "background,organ,lesion",
        "--csv",
        "cases.csv",
        "--html",
        "page.html",
    ]);
    assert_success(&inspected);
    let text = String::from_utf8_lossy(&inspected.stdout).into_owned();
    for part in ["case_00003", "10x24x20", "3x1.25x1.5", "lesion voxels", "no problems in 4 cases"] {
        assert!(text.contains(part), "expected {part:?} in: {text}");
    }
    assert_eq!(fs::read_to_string(bench.path("cases.csv")).unwrap().lines().count(), 5);
    let page = fs::read_to_string(bench.path("page.html")).unwrap();
    for part in ["4 cases, 4 of them with labels", "Class frequencies", ">case_00003</td>", "lesion voxels"] {
        assert!(page.contains(part), "expected {part:?} in the page");
    }

    let well = bench.mis(&["check", "experiment.toml"]);
    assert_success(&well);
    assert!(String::from_utf8_lossy(&well.stdout).contains("4 cases read: 0 problems that stop a training"));

    // Three faults of three kinds are told together.
    fs::remove_file(bench.labels(0)).unwrap();
    let labels = nifti::read_labels(&bench.labels(1), None).unwrap();
    let moved = labels.affine().moved([1.0, 0.0, 0.0], [1.0; 3]);
    nifti::write_labels(&bench.labels(1), &LabelMap::new(labels.into_data(), moved).unwrap(), None).unwrap();
    bench.replace("size = [8, 16, 16]", "size = [8, 16, 18]");
    let ill = bench.mis(&["check", "experiment.toml"]);
    assert_eq!(ill.status.code(), Some(1));
    let text = String::from_utf8_lossy(&ill.stdout).into_owned();
    for part in [
        "error: patches: ",
        "error: case_00000: ",
        "error: case_00001: labels: expected the image's position",
    ] {
        assert!(text.contains(part), "expected {part:?} in: {text}");
    }
    let aligned = bench.mis(&["check", "experiment.toml", "--align"]);
    assert!(!String::from_utf8_lossy(&aligned.stdout).contains("case_00001"));
}

#[test]
fn a_scan_is_converted_without_a_change() {
    let bench = Bench::new();
    let image = bench.image(1);
    assert_success(&bench.mis(&["convert", image.to_str().unwrap(), "--out", "scan.nii"]));
    assert_eq!(nifti::read_image(&bench.path("scan.nii")).unwrap(), nifti::read_image(&image).unwrap());
    assert_eq!(nifti::read_header(&bench.path("scan.nii")).unwrap().voxel_type(), nifti::VoxelType::I16);

    let refused = |args: &[&str], code: i32, expected: &str| {
        let output = bench.mis(&[&["convert", "scan.nii"], args].concat());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && stderr.contains(expected), "{stderr}");
    };
    refused(&["--out", "scan.mha"], 1, "expected a file .nii or .nii.gz to write, got scan.mha");
    refused(&["--out", "scan.dcm"], 1, "expected the series that the labels were drawn on");
    refused(&["--out", "x.nii", "--classes", "a,b"], 2, "--on");
}

#[test]
fn labels_become_a_segmentation_of_their_series_and_labels_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("MIS_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let series = data.join("dicom/nd320_hcrop/Study1_13_HCropVolume");
    if !series.is_dir() {
        println!("skipped: no dicom in {}", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mis = |args: &[&str]| {
        let output = command(args).current_dir(folder.path()).output().unwrap();
        assert_success(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let series = series.to_str().unwrap();
    mis(&["convert", series, "--out", "scan.nii.gz"]);
    let scan = nifti::read_image(&folder.path().join("scan.nii.gz")).unwrap();
    let labels = Array3::from_shape_fn(scan.shape(), |(i, j, k)| u8::from(i > 4) + u8::from(i > 9 && j > k));
    let labels = LabelMap::new(labels, scan.affine()).unwrap();
    nifti::write_labels(&folder.path().join("labels.nii"), &labels, None).unwrap();

    let names = ["--on", series, "--classes", "background,anterior,posterior", "--out", "labels.dcm"];
    mis(&[&["convert", "labels.nii"], names.as_slice()].concat());
    let told = mis(&["convert", "labels.dcm", "--on", series, "--out", "again.nii.gz"]);
    assert_eq!(told, "0\tbackground\n1\tanterior\n2\tposterior\n");
    assert_eq!(nifti::read_labels(&folder.path().join("again.nii.gz"), None).unwrap().data(), labels.data());
    // Who names classes gets these alone.
    let one = ["--on", series, "--classes", "background,posterior", "--out", "one.nii.gz"];
    mis(&[&["convert", "labels.dcm"], one.as_slice()].concat());
    let one = nifti::read_labels(&folder.path().join("one.nii.gz"), None).unwrap();
    assert!(one.as_slice().iter().zip(labels.as_slice()).all(|(&one, &both)| one == u8::from(both == 2)));
}

#[test]
fn a_structure_set_becomes_a_label_map_by_its_regions_names() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/structures");
    let at = |name: &str| drawn.join(name).to_str().unwrap().to_owned();
    let mis = |args: &[&str]| command(args).current_dir(folder.path()).output().unwrap();
    let (regions, series) = (at("regions.dcm"), at("series"));
    let all = mis(&["convert", &regions, "--on", &series, "--out", "all.nii.gz"]);
    assert_success(&all);
    let told = String::from_utf8(all.stdout).unwrap();
    assert_eq!(told, "0\tbackground\n1\tLiver\n2\tRing\n3\tCyst\n4\tHelper\n5\tIsocenter\n");
    let all = nifti::read_labels(&folder.path().join("all.nii.gz"), None).unwrap();
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(drawn.join("reference.json")).unwrap()).unwrap();
    let expected: Vec<u8> = serde_json::from_value(json["labels"].clone()).unwrap();
    assert_eq!(all.as_slice(), expected);

    let named = ["--classes", "background,cyst", "--out", "cyst.nii.gz"];
    assert_success(&mis(&[&["convert", &regions, "--on", &series], named.as_slice()].concat()));
    let cyst = nifti::read_labels(&folder.path().join("cyst.nii.gz"), None).unwrap();
    assert!(cyst.as_slice().iter().zip(&expected).all(|(&cyst, &all)| cyst == u8::from(all == 3)));

    let between = mis(&["convert", &at("between.dcm"), "--on", &series, "--out", "x.nii.gz"]);
    let error = String::from_utf8_lossy(&between.stderr).into_owned();
    assert!(between.status.code() == Some(1) && error.contains("expected contours on the scan's planes"));
    assert!(!folder.path().join("x.nii.gz").exists());
}
