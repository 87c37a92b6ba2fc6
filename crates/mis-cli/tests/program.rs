//! The program as a user meets it: whole runs on small data, bad input, and Ctrl-C.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, Volume};
use mis_io::nifti;
use tempfile::TempDir;

/// A data set of bright boxes in noise and an experiment on it.
struct Bench {
    folder: TempDir,
}

const EXPERIMENT: &str = r#"
seed = 7
classes = ["background", "organ", "lesion"]
data = { case-folders = { path = "data" } }
preprocess = [{ resample = { spacing = [3.0, 1.5, 1.5] } }, { clip = { min = -100, max = 300 } }, "z-score"]
augment = "miscnn"
folds = { k-fold = 2 }
loss = "dice-cross-entropy"
[patches]
size = [8, 16, 16]
overlap = [4, 8, 8]
[model]
unet = { depth = 2, base-channels = 4, norm = "instance" }
[train]
epochs = 3
steps-per-epoch = 4
optimizer = { adam = { learning-rate = 1e-2 } }
"#;

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        for case in 0..4 {
            bench.write_case(case, [10 + case, 24, 20 + 2 * case]);
        }
        fs::write(bench.path("experiment.toml"), EXPERIMENT).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn image(&self, case: usize) -> PathBuf {
        self.path(&format!("data/case_{case:05}/imaging.nii.gz"))
    }

    fn labels(&self, case: usize) -> PathBuf {
        self.path(&format!("data/case_{case:05}/segmentation.nii.gz"))
    }

    fn write_case(&self, case: usize, shape: [usize; 3]) {
        let affine = affine(case);
        let labels = Array3::from_shape_fn(shape, |(i, j, k)| {
            let organ = (2..8).contains(&i) && (6..16).contains(&j) && (5..14).contains(&k);
            u8::from(organ) + u8::from(organ && i < 5 && j < 11)
        });
        let [i, j, k] = shape;
        let image = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| {
            let noise = ((i * 31 + j * 17 + k * 7 + case * 13) % 23) as f32;
            [-50.0, 150.0, 250.0][usize::from(labels[(i, j, k)])] + noise
        });
        nifti::write_volume(&self.image(case), &Volume::new(image, affine).unwrap(), None).unwrap();
        nifti::write_labels(&self.labels(case), &LabelMap::new(labels, affine).unwrap(), None).unwrap();
    }

    fn mis(&self, args: &[&str]) -> Output {
        command(args).current_dir(self.folder.path()).output().unwrap()
    }

    /// Runs `mis cv` and expects it to fail before anything is trained, with this in its one line of error.
    #[track_caller]
    fn check_refused(&self, expected: &[&str]) {
        let output = self.mis(&["cv", "experiment.toml", "--out", "run"]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        for part in expected {
            assert!(stderr.contains(part), "expected {part:?} in: {stderr}");
        }
        assert!(!self.path("run").exists(), "nothing is written before the checks are passed");
    }

    /// The weights of a training on all cases, as bytes.
    fn weights(&self, run: &str) -> Vec<u8> {
        let bytes = fs::read(self.path(run).join("fold_all/checkpoint_last.safetensors")).unwrap();
        let head = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + head..].to_vec() // the head holds seconds, which differ
    }

    /// All files in a folder and its folders, sorted.
    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    fn replace(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("experiment.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.path("experiment.toml"), text.replace(from, to)).unwrap();
    }
}

fn affine(case: usize) -> Affine {
    let first = case as f64;
    Affine::new([[0., 0., -1.5, first], [0., -1.25, 0., 40.], [-3., 0., 0., 9.], [0., 0., 0., 1.]]).unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mis"));
    command.args(args).args(["--threads", "1"]).stdin(Stdio::null());
    command
}

#[track_caller]
fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

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

    // The run is reproducible from itself, also in another order of folds and with another number of workers.
    fs::copy(bench.path("run/experiment.toml"), bench.path("again.toml")).unwrap();
    let text = fs::read_to_string(bench.path("again.toml")).unwrap();
    fs::write(bench.path("again.toml"), text.replace("workers = 2", "workers = 3")).unwrap();
    assert_success(&bench.mis(&["cv", "again.toml", "--out", "again", "--folds", "1"]));
    assert_success(&bench.mis(&["cv", "again.toml", "--out", "again", "--resume"]));
    let scores = |run: &str| fs::read_to_string(bench.path(run).join("scores.tsv")).unwrap();
    assert_eq!(scores("run"), scores("again"));
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

/// Starts a training, waits for its first checkpoint and `more` milliseconds, and sends it a signal.
#[cfg(unix)]
fn stopped(bench: &Bench, run: &str, signal: &str, more: u64) -> (std::process::ExitStatus, String) {
    let checkpoint = bench.path(run).join("fold_all/checkpoint_last.safetensors");
    let args = ["train", "experiment.toml", "--out", run];
    let mut child = command(&args).current_dir(bench.folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !checkpoint.exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "no checkpoint after two minutes");
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(more));
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
    (status, stderr)
}

/// The settings with a state of their own beside weights and optimizer.
#[cfg(unix)]
fn long_bench() -> Bench {
    let bench = Bench::new();
    let settings = "epochs = 12\naccumulate = 2\naverage = { decay = 0.9 }\nschedule = \"one-cycle\"\n\
                    early-stop = { patience = 11, watch = \"dice\" }\nkeep-checkpoints = 2";
    bench.replace("epochs = 3", settings);
    bench.replace("optimizer = { adam =", "optimizer = { adam-w =");
    bench
}

#[cfg(unix)]
#[test]
fn a_run_stopped_or_killed_anywhere_goes_on_to_the_same_weights() {
    let bench = long_bench();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "whole"]));
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "again"]));
    assert!(bench.weights("again") == bench.weights("whole"), "two runs differ");
    for (signal, more) in [("-INT", 0), ("-TERM", 130), ("-KILL", 60)] {
        let run = format!("run{signal}");
        let (status, stderr) = stopped(&bench, &run, signal, more);
        if signal != "-KILL" {
            assert_eq!(status.code(), Some(1), "{stderr}");
            assert!(stderr.contains("--resume goes on from there"), "{stderr}");
        }
        assert_success(&bench.mis(&["train", "experiment.toml", "--out", &run, "--resume"]));
        assert!(bench.weights(&run) == bench.weights("whole"), "{signal}: the weights differ");
        let mut files: Vec<String> =
            bench.files(&run).iter().map(|path| path.file_name().unwrap().to_string_lossy().into()).collect();
        files.retain(|name| name.contains("checkpoint_epoch") || name.starts_with(".mis-"));
        assert_eq!(files, ["checkpoint_epoch_000011.safetensors", "checkpoint_epoch_000012.safetensors"]);
    }
}

#[cfg(unix)]
#[test]
fn a_checkpoint_that_finds_no_room_leaves_the_one_before() {
    let bench = long_bench();
    let (_, stderr) = stopped(&bench, "run", "-KILL", 0);
    let before = bench.weights("run");
    let left = bench.files("run").len();
    // No file may grow beyond 200 blocks; the write fails as on a full disk.
    let program = env!("CARGO_BIN_EXE_mis");
    let limited = format!(
        "trap '' XFSZ; ulimit -f 200; exec {program} train experiment.toml --out run --resume --threads 1"
    );
    let output = Command::new("sh").args(["-c", &limited]).current_dir(bench.folder.path()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}{error}");
    assert!(error.contains("cannot write") && error.contains("safetensors"), "{error}");
    assert!(bench.weights("run") == before, "the last good state is gone");
    assert!(bench.files("run").len() <= left + 3, "{:?}", bench.files("run")); // reports may be new
    assert!(bench.files("run").iter().all(|path| !path.to_string_lossy().contains("/.mis-")));
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run", "--resume"]));
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "whole"]));
    assert!(bench.weights("run") == bench.weights("whole"), "the weights differ");
}

#[test]
fn runs_of_other_networks_predict_together_and_a_half_done_folder_is_finished() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "one"]));
    bench.replace("spacing = [3.0, 1.5, 1.5]", "spacing = [3.0, 2.0, 1.0]");
    bench.replace("base-channels = 4", "base-channels = 6");
    bench.replace("[model]", "[predict]\npostprocess = [\"keep-largest\"]");
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
    // It trains as it is; one short epoch is enough to see.
    let short =
        file.replace("epochs = 1000", "epochs = 1").replace("steps-per-epoch = 250", "steps-per-epoch = 1");
    let short = short.replace("validate-every = 25", "validate-every = 0");
    fs::write(bench.path("short.toml"), short).unwrap();
    assert_success(&bench.mis(&["train", "short.toml", "--out", "run"]));
}

#[test]
fn inspect_shows_every_case_and_check_every_problem() {
    let bench = Bench::new();
    let inspected =
        bench.mis(&["inspect", "data", "--classes", "background,organ,lesion", "--csv", "cases.csv"]);
    assert_success(&inspected);
    let text = String::from_utf8_lossy(&inspected.stdout).into_owned();
    for part in ["case_00003", "10x24x20", "3x1.25x1.5", "lesion voxels", "no problems in 4 cases"] {
        assert!(text.contains(part), "expected {part:?} in: {text}");
    }
    assert_eq!(fs::read_to_string(bench.path("cases.csv")).unwrap().lines().count(), 5);

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
