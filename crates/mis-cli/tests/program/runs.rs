//! Whole runs, and predictions with them.

use std::fs;
use std::path::{Path, PathBuf};

use mis_core::LabelMap;
use mis_core::ndarray::Array3;
use mis_io::nifti;

use crate::bench::{Bench, assert_success};

#[test]
fn a_cross_validation_fills_its_run_folder_and_its_folds_predict_new_scans() {
    let bench = Bench::new();
    // The second would make background of everything.
    let tried = "postprocess-if-better = [\"keep-largest\", { remove-small = { below = 1e9 } }]";
    bench.replace("[model]", &format!("[predict]\n{tried}\n[model]"));
    let output = bench.mis(&["cv", "experiment.toml", "--out", "run"]);
    assert_success(&output);
    let chosen = fs::read_to_string(bench.path("run/postprocess.json")).unwrap();
    assert!(chosen.contains("dice_after") && !chosen.contains("remove-small"), "{chosen}");
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("organ") && table.contains("lesion"), "{table}");
    for file in
        ["experiment.toml", "environment.json", "splits.json", "scores.tsv", "summary.json", "report.html"]
    {
        assert!(bench.path("run").join(file).is_file(), "{file}");
    }
    for plot in ["loss", "dice", "scores", "classes", "intensities"] {
        assert!(bench.path("run/plots").join(format!("{plot}.svg")).is_file(), "{plot}");
        assert!(bench.path("run/plots").join(format!("{plot}.png")).is_file(), "{plot}");
    }
    let page = fs::read_to_string(bench.path("run/report.html")).unwrap();
    for part in ["data:image/png;base64,", "data:image/gif;base64,", "k-fold", "libtorch", "id=\"cases\""] {
        assert!(page.contains(part), "{part}");
    }
    let overlays: Vec<_> =
        ["run/fold_0/overlays", "run/fold_1/overlays"].map(|fold| bench.files(fold)).concat();
    assert_eq!(overlays.len(), 4, "two cases in each of two folds: {overlays:?}");
    for fold in ["fold_0", "fold_1"] {
        for file in
            ["history.tsv", "curves.svg", "checkpoint_last.safetensors", "checkpoint_best.safetensors"]
        {
            assert!(bench.path("run").join(fold).join(file).is_file(), "{fold}/{file}");
        }
    }

    let input = bench.image(2);
    let output = bench.mis(&["predict", "run", input.to_str().unwrap(), "--out", "out", "--probabilities"]);
    assert_success(&output);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let written = bench.path(stdout.trim());
    let (scan, prediction) =
        (nifti::read_image(&input).unwrap(), nifti::read_labels(&written, None).unwrap());
    assert_eq!(prediction.geometry(), scan.geometry(), "a prediction lies on its scan's lattice");
    let probabilities = written.to_str().unwrap().replace(".nii.gz", "_probabilities.nii.gz");
    let probabilities = nifti::read_image(Path::new(&probabilities)).unwrap();
    assert_eq!((probabilities.n_channels(), probabilities.geometry()), (3, scan.geometry()));

    // The run is reproducible from itself, also in another order of folds, with another number of workers, and watched in
    // another way.
    fs::copy(bench.path("run/experiment.toml"), bench.path("again.toml")).unwrap();
    let text = fs::read_to_string(bench.path("again.toml")).unwrap();
    let text = text.replace("workers = 2", "workers = 3");
    let text = text.replace("validate-on = \"patches\"", "validate-on = \"scans\"");
    assert!(text.contains("workers = 3") && text.contains("validate-on = \"scans\""), "{text}");
    fs::write(bench.path("again.toml"), text).unwrap();
    assert_success(&bench.mis(&["cv", "again.toml", "--out", "again", "--folds", "1"]));
    assert_success(&bench.mis(&["cv", "again.toml", "--out", "again", "--resume"]));
    let scores = |run: &str| fs::read_to_string(bench.path(run).join("scores.tsv")).unwrap();
    assert_eq!(scores("run"), scores("again"));
    let watched = |run: &str| fs::read_to_string(bench.path(run).join("fold_1/history.tsv")).unwrap();
    let column = |run: &str, name: &str| {
        let text = watched(run);
        let (head, rows) = text.split_once('\n').unwrap();
        let column = head.split('\t').position(|other| other == name).unwrap();
        rows.lines().map(|row| row.split('\t').nth(column).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(column("run", "loss"), column("again", "loss"));
    assert_ne!(column("run", "val_dice_class-1"), column("again", "val_dice_class-1"));
}

#[test]
fn slices_of_a_volume_train_a_2d_network_and_come_back_as_a_volume() {
    let bench = Bench::new();
    bench.replace("size = [8, 16, 16]", "size = [8, 16, 1]");
    bench.replace("overlap = [4, 8, 8]", "overlap = [4, 8, 0]");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    assert_success(&bench.mis(&["predict", "run", "data", "--out", "out"]));
    for case in 0..4 {
        let prediction =
            nifti::read_labels(&bench.path(&format!("out/case_{case:05}.nii.gz")), None).unwrap();
        assert_eq!(prediction.geometry(), nifti::read_image(&bench.image(case)).unwrap().geometry());
    }
}

#[test]
fn runs_of_other_networks_predict_together_and_a_half_done_folder_is_finished() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "one"]));
    bench.replace("spacing = [3.0, 1.5, 1.5]", "spacing = [3.0, 2.0, 1.0]");
    bench.replace("base-channels = 4", "base-channels = 6");
    bench.replace("[train]", "[predict]\npostprocess = [\"keep-largest\"]\n[train]");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "two"]));
    for combine in ["mean", "median", "majority"] {
        let args = ["predict", "one", "two", "data", "--out", combine, "--combine", combine];
        assert_success(&bench.mis(&args));
        assert_eq!(bench.files(combine).len(), 5, "four label maps, and what they were made by");
    }
    let args = ["predict", "one", "two", "data", "--out", "mean", "--resume"];
    let file = |case: usize| bench.path(&format!("mean/case_{case:05}.nii.gz"));
    let (kept, gone) = (fs::metadata(file(1)).unwrap().modified().unwrap(), fs::read(file(2)).unwrap());
    fs::remove_file(file(2)).unwrap();
    assert_success(&bench.mis(&args));
    assert_eq!(fs::read(file(2)).unwrap(), gone, "the one that was missing is made as it was");
    assert_eq!(fs::metadata(file(1)).unwrap().modified().unwrap(), kept, "the others are not made again");

    let file = bench.path("two/experiment.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("max = 300.0", "max = 200.0")).unwrap();
    let output = bench.mis(&["predict", "two", "data", "--out", "edited"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = "checkpoint_last.safetensors belongs to another experiment: it has [max: 300.0,], this one has [max: 200.0,]";
    assert!(!output.status.success() && stderr.contains(expected), "{stderr}");
    fs::write(&file, text).unwrap();

    let output = bench.mis(&["predict", "two", "data", "--out", "mean", "--resume"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("predicted_by.txt belongs to another experiment"), "{stderr}");
}

#[test]
fn prepared_samples_on_disk_train_to_the_same_weights_and_damaged_ones_are_made_anew() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "in-memory"]));
    bench.replace("[train]", "[store]\nfolder = \"store\"\n[train]");
    for run in ["first", "second"] {
        assert_success(&bench.mis(&["train", "experiment.toml", "--out", run]));
        assert!(bench.weights(run) == bench.weights("in-memory"), "{run}: the weights differ");
        let mut stored = bench.files("store");
        stored.retain(|path| path.extension().is_some_and(|ending| ending == "mis"));
        assert_eq!(stored.len(), 4, "one file a case: {stored:?}");
        // The second run finds three as the first left them, and a damaged one.
        let mut bytes = fs::read(&stored[1]).unwrap();
        *bytes.last_mut().unwrap() ^= 3;
        fs::write(&stored[1], bytes).unwrap();
    }
    // Other settings do not find what was stored.
    bench.replace("max = 300", "max = 200");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "third"]));
    assert!(bench.weights("third") != bench.weights("second"));
    let n = bench.files("store").iter().filter(|path| path.extension().is_some()).count();
    assert_eq!(n, 8);
}

#[test]
fn stored_batches_are_made_once() {
    let bench = Bench::new();
    bench.replace("[train]", "[store]\nfolder = \"store\"\nkeep = \"batches\"\n[train]");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "first"]));
    let stored = bench.files("store");
    let made = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let times: Vec<_> = stored.iter().map(made).collect();
    assert_eq!(stored.iter().filter(|path| path.to_str().unwrap().contains("batch_")).count(), 4);
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "second"]));
    assert_eq!(bench.files("store"), stored);
    assert_eq!(stored.iter().map(made).collect::<Vec<_>>(), times);
    assert!(bench.weights("first") == bench.weights("second"), "the weights differ");
}

#[test]
fn a_case_without_foreground_is_passed_over_with_a_note() {
    let bench = Bench::new();
    bench.replace("overlap = [4, 8, 8]", "overlap = [4, 8, 8]\nskip-blank = true");
    let labels = nifti::read_labels(&bench.labels(2), None).unwrap();
    let blank = LabelMap::new(Array3::zeros(labels.shape()), labels.affine()).unwrap();
    nifti::write_labels(&bench.labels(2), &blank, None).unwrap();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    let note = fs::read_to_string(bench.path("run/fold_all/notes.txt")).unwrap();
    assert_eq!(note, "case_00002 has no patch to train on and is passed over\n");
}

#[test]
fn voxels_that_nobody_has_labelled_are_left_out_of_training_and_of_scores() {
    let bench = Bench::new();
    let is_open = |j: usize| j > 11;
    for case in 0..4 {
        let labels = nifti::read_labels(&bench.labels(case), None).unwrap();
        let (affine, mut labels) = (labels.affine(), labels.into_data());
        labels.indexed_iter_mut().filter(|((_, j, _), _)| is_open(*j)).for_each(|(_, label)| *label = 7);
        nifti::write_labels(&bench.labels(case), &LabelMap::new(labels, affine).unwrap(), None).unwrap();
    }
    bench.check_refused(&["expected the label values [0, 1, 2], found 7"]);
    bench.replace("\"lesion\"]", "\"lesion\", { name = \"ignore\", values = [7] }]");
    let foreground = "sampling = \"random-crop\"\nforeground = { share = 0.5 }";
    bench.replace("overlap = [4, 8, 8]", &format!("overlap = [4, 8, 8]\n{foreground}"));
    assert_success(&bench.mis(&["cv", "experiment.toml", "--out", "run"]));

    let truth = bench.path("truth");
    fs::create_dir(&truth).unwrap();
    for path in bench.files("run/fold_0/predictions") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let case: usize = name["case_".len()..][..5].parse().unwrap();
        fs::copy(bench.labels(case), truth.join(name)).unwrap();
    }
    let scores = |folder: &str| {
        let classes = ["--classes", "background,organ,lesion,ignore=7"];
        let out = format!("{folder}-scores");
        let output =
            bench.mis(&[&["evaluate", folder, "truth"][..], &classes, &["--out", out.as_str()]].concat());
        assert_success(&output);
        fs::read_to_string(bench.path(&out).join("scores.tsv")).unwrap()
    };
    for path in bench.files("run/fold_0/predictions") {
        let labels = nifti::read_labels(&path, None).unwrap();
        let (affine, mut labels) = (labels.affine(), labels.into_data());
        assert!(labels.iter().all(|&label| label < 3), "{}", path.display());
        labels.indexed_iter_mut().filter(|((_, j, _), _)| is_open(*j)).for_each(|(_, label)| *label = 2);
        let copy = bench.path("other").join(path.file_name().unwrap());
        nifti::write_labels(&copy, &LabelMap::new(labels, affine).unwrap(), None).unwrap();
    }
    fs::rename(bench.path("run/fold_0/predictions"), bench.path("own")).unwrap();
    assert_eq!(scores("own"), scores("other"));
}
