//! What a user meets before any run: help, completions, dry runs, logs.

use std::fs;
use std::process::{Command, Stdio};

use crate::bench::{Bench, assert_success};

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn every_verb_has_help_with_examples() {
    let bench = Bench::new();
    let help = stdout(&bench.mis(&["--help"]));
    let verbs =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let verbs: Vec<&str> = verbs.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.contains(&"cv") && verbs.contains(&"completions"), "{help}");
    for verb in verbs.into_iter().filter(|verb| *verb != "help") {
        let output = bench.mis(&[verb, "--help"]);
        assert_success(&output);
        let help = stdout(&output);
        assert!(help.contains("Example") && help.contains(&format!("\n  mis {verb} ")), "{verb}: {help}");
        assert!(!help.contains('\u{1b}'), "{verb}: color where nobody sees it");
    }
}

#[test]
fn each_shell_gets_completions_that_know_verbs_and_options() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = bench.mis(&["completions", shell]);
        assert_success(&output);
        let text = stdout(&output);
        for part in ["predict", "log-format", "dry-run"] {
            assert!(text.contains(part), "{shell}: expected {part}");
        }
    }
    assert_eq!(bench.mis(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn a_dry_run_says_what_will_be_read_and_taken_and_writes_nothing() {
    let bench = Bench::new();
    let before = bench.files("");
    let run = |args: &[&str]| {
        let output = bench.mis(args);
        assert_success(&output);
        stdout(&output)
    };
    let text = run(&["cv", "experiment.toml", "--dry-run"]);
    for part in [
        "case_00003  13x24x26    3x1.25x1.5  13x20x26",
        "data: 4 cases of 1 channel; classes: background, organ, lesion",
        "trainings: 2, on 2 cases each, 3 epochs",
        "an epoch: 4 batches of 2 patches of 8x16x16",
        "network: 21527 parameters, on Cpu",
        "memory: up to ",
        "disk: up to ",
    ] {
        assert!(text.contains(part), "expected {part:?} in: {text}");
    }
    bench.replace("steps-per-epoch = 4\n", "");
    bench.replace("overlap = [4, 8, 8]", "overlap = [4, 8, 8]\nsampling = 'grid'\nskip-blank = true");
    bench.replace("augment = \"miscnn\"", "augment = { cycles = 3, transforms = 'miscnn' }");
    let text = run(&["train", "experiment.toml", "--dry-run"]);
    // 2, 2, 2 and 3 starts along i, 2 along j, and 2, 2, 2 and 3 along k: 42 patches, three times each, in twos.
    assert!(text.contains("an epoch: at most 63 batches of 2"), "{text}");
    assert!(text.contains("trainings: 1, on 4 cases each"), "{text}");
    let text = run(&["train", "experiment.toml", "--fold", "1", "--dry-run"]);
    assert!(text.contains("trainings: 1, on 2 cases each"), "{text}");
    let mut after = bench.files("");
    after.retain(|path| !before.contains(path));
    assert!(after.is_empty(), "{after:?}");

    assert_eq!(bench.mis(&["train", "experiment.toml"]).status.code(), Some(2), "--out is needed for a run");
}

#[test]
fn a_dry_run_of_a_prediction_counts_its_patches() {
    let bench = Bench::new();
    bench.replace("[train]", "[predict]\nmirror = { axes = [true, false, false] }\n[train]");
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    let image = bench.image(0);
    let output = bench.mis(&["predict", "run", image.to_str().unwrap(), "--dry-run"]);
    assert_success(&output);
    let text = stdout(&output);
    // 2 along i, 2 along j, 2 along k, each seen from both sides.
    for part in [
        "imaging  10x24x20    3x1.25x1.5  10x20x20",
        "run: 1 networks of 21527 parameters",
        " 16 patches of 8x16x16",
        "memory: up to",
    ] {
        assert!(text.contains(part), "expected {part:?} in: {text}");
    }
}

#[test]
fn a_run_that_does_not_fit_into_memory_is_refused_with_the_patch_that_does() {
    let bench = Bench::new();
    bench.replace("size = [8, 16, 16]", "size = [256, 512, 512]");
    let output = bench.mis(&["cv", "experiment.toml", "--out", "run", "--memory", "4"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("and may take 4.0 GiB: patches of size = ["), "{stderr}");
    assert!(!bench.path("run").exists());
    // The patch that is named is not refused.
    let size = stderr.split("size = ").nth(1).unwrap().split(']').next().unwrap();
    bench.replace("size = [256, 512, 512]", &format!("size = {size}]"));
    let output = bench.mis(&["cv", "experiment.toml", "--dry-run"]);
    assert_success(&output);
    let text = stdout(&output);
    let memory = text.split("memory: up to ").nth(1).unwrap();
    let (number, unit) = memory.split_once(' ').unwrap();
    assert!(unit.starts_with("GiB") && (2.0..4.3).contains(&number.parse::<f64>().unwrap()), "{text}");
    assert_eq!(bench.mis(&["cv", "experiment.toml", "--out", "run", "--memory", "0"]).status.code(), Some(1));
}

#[test]
fn a_log_of_json_has_an_object_a_line_and_text_is_quiet_without_a_terminal() {
    let bench = Bench::new();
    let quiet = bench.mis(&["train", "experiment.toml", "--out", "quiet", "--device", "cpu"]);
    assert_success(&quiet);
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
    let log = bench.mis(&["cv", "experiment.toml", "--out", "run", "--log-format", "json"]);
    assert_success(&log);
    let text = String::from_utf8(log.stderr).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of =
        |message: &str| lines.iter().filter(|line| line["fields"]["message"] == message).collect::<Vec<_>>();
    assert_eq!(of("epoch").len(), 6, "{text}");
    assert_eq!(of("epoch")[5]["fields"]["training"], "fold 1");
    assert!(of("epoch")[5]["fields"]["train_loss"].is_number());
    assert_eq!((of("reading").len(), of("fold 1 predicting").len()), (4, 2), "{text}");

    fs::remove_file(bench.labels(2)).unwrap();
    let log = bench.mis(&["cv", "experiment.toml", "--out", "other", "--log-format", "json"]);
    let text = String::from_utf8(log.stderr).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["level"], "ERROR");
    assert!(last["fields"]["message"].as_str().unwrap().contains("case_00002/segmentation.nii.gz"), "{text}");
}

/// A terminal of util-linux' `script`: what the program writes to it, with bars and all.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_bars_are_shown_and_gone_in_the_end() {
    let bench = Bench::new();
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        return; // not on this machine
    }
    let program = env!("CARGO_BIN_EXE_mis");
    let run = format!("{program} cv experiment.toml --out run --threads 1 2>&1 >table.txt");
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--command", &run, "/dev/null"])
        .env("NO_COLOR", "1")
        .env("TERM", "xterm");
    let output = script.current_dir(bench.folder.path()).stdin(Stdio::null()).output().unwrap();
    assert_success(&output);
    let shown = stdout(&output);
    for part in ["fold 0 epoch ", "fold 1 epoch ", "fold 1 predicting "] {
        assert!(shown.contains(part), "expected {part:?} in: {shown}");
    }
    assert!(!shown.contains("\u{1b}[3"), "a color in spite of NO_COLOR: {shown}");
    assert!(fs::read_to_string(bench.path("table.txt")).unwrap().contains("lesion"));
}

/// The program in a folder of its own, without the one that does the work.
fn alone() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join(format!("mis{}", std::env::consts::EXE_SUFFIX));
    fs::copy(env!("CARGO_BIN_EXE_mis"), &program).unwrap();
    (folder, program)
}

#[test]
fn help_and_wrong_use_need_no_libtorch_and_work_is_refused_without_the_program_that_does_it() {
    let links_libtorch = |program: &str| {
        let bytes = fs::read(program).unwrap();
        bytes.windows(6).any(|name| name == b"libc10") // libtorch's own base, among the libraries to be loaded
    };
    assert!(links_libtorch(env!("CARGO_BIN_EXE_mis-torch")) && !links_libtorch(env!("CARGO_BIN_EXE_mis")));
    let (_folder, program) = alone();
    let run = |args: &[&str]| {
        let output = Command::new(&program).args(args).output().unwrap();
        (output.status.code(), stdout(&output) + &String::from_utf8(output.stderr).unwrap())
    };
    for (args, code, said) in [
        (&["--help"][..], 0, "Commands:"),
        (&["help", "cv"], 0, "mis cv kits19.toml"),
        (&["train", "--help"], 0, "mis train kits19.toml"),
        (&["--version"], 0, concat!("mis ", env!("CARGO_PKG_VERSION"))),
        (&["completions", "bash"], 0, "predict"),
        (&[], 2, "Usage: mis "),
        (&["cv", "experiment.toml"], 2, "--out <RUN>"),
        (&["evaluate", "a", "b", "--classes", "background,nucleus=white"], 2, "nucleus=255 or tumor=2+4"),
        (
            &["predict", "run", "scans", "--dry-run", "--combine", "vote"],
            2,
            "[possible values: mean, median, majority]",
        ),
        (&["render", "scan.nii.gz", "--out", "a.png"], 2, "expected a scan and its labels, got 1 paths"),
        (&["check", "experiment.toml"], 1, "mis-torch"),
    ] {
        let (found, text) = run(args);
        assert!(
            found == Some(code) && text.contains(said),
            "{args:?}: {found:?}, expected {said:?} in: {text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_the_program_finds_the_one_that_does_the_work() {
    let bench = Bench::new();
    let link = bench.path("a-link");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mis"), &link).unwrap();
    let checked = Command::new(&link).arg("check").arg(bench.path("experiment.toml")).output().unwrap();
    assert_success(&checked);
    assert!(stdout(&checked).contains("4 cases read"), "{}", stdout(&checked));
    let device =
        Command::new(&link).arg("check").args(["experiment.toml", "--device", "tpu"]).output().unwrap();
    assert_eq!(device.status.code(), Some(2), "wrong use, though another program tells it");
}
