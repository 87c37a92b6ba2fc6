//! The program as one of several processes that `mpirun` starts.

use std::fs;
use std::process::{Command, Output};

use crate::bench::{Bench, assert_success};

fn two_ranks(bench: &Bench, args: &[&str]) -> Output {
    let mut mpirun = Command::new("mpirun");
    mpirun.args(["--allow-run-as-root", "--oversubscribe", "-n", "2", env!("CARGO_BIN_EXE_mis")]);
    mpirun.args(args).args(["--threads", "1"]).current_dir(bench.folder.path());
    mpirun.output().expect("mpirun, which the feature needs")
}

#[test]
fn two_ranks_share_folds_and_scans_and_give_what_one_gives() {
    let bench = Bench::new();
    assert_success(&bench.mis(&["cv", "experiment.toml", "--out", "one"]));
    let run = two_ranks(&bench, &["cv", "experiment.toml", "--out", "two"]);
    assert_success(&run);
    let table = String::from_utf8_lossy(&run.stdout).into_owned();
    let n_tables = table.lines().filter(|line| line.starts_with("metric")).count();
    assert_eq!(n_tables, 1, "one of them prints: {table}");
    let scores = |run: &str| fs::read(bench.path(run).join("scores.tsv")).unwrap();
    assert!(scores("one") == scores("two"), "the scores differ");

    assert_success(&bench.mis(&["predict", "one", "data", "--out", "by_one"]));
    assert_success(&two_ranks(&bench, &["predict", "two", "data", "--out", "by_two"]));
    for case in 0..4 {
        let labels = |out: &str| fs::read(bench.path(out).join(format!("case_{case:05}.nii.gz"))).unwrap();
        assert!(labels("by_one") == labels("by_two"), "case {case}");
    }
}

#[test]
fn two_ranks_train_together_and_end_together() {
    let bench = Bench::new();
    assert_success(&two_ranks(&bench, &["train", "experiment.toml", "--out", "run"]));
    assert!(bench.path("run/fold_all/checkpoint_last.safetensors").is_file());

    bench.replace("epochs = 3", "epochs = 3\nbatch-size = 1");
    let run = two_ranks(&bench, &["train", "experiment.toml", "--out", "refused"]);
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && stderr.contains("batch-size"), "{stderr}");
    assert!(!bench.path("refused").exists(), "nothing is written before the checks are passed");
    let run = two_ranks(&bench, &["cv", "experiment.toml", "--folds", "0", "--out", "refused"]);
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && stderr.contains("1 folds for 2 processes"), "{stderr}");
    assert!(!bench.path("refused").exists(), "nothing is written before the checks are passed");

    fs::remove_file(bench.image(3)).unwrap();
    let run = two_ranks(&bench, &["cv", "experiment.toml", "--out", "broken"]);
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && stderr.contains("case_00003"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn two_ranks_on_one_machine_share_its_memory() {
    let bench = Bench::new();
    let of_one = crate::memory::forecast(&bench, &["cv", "experiment.toml"]) / f64::from(1 << 30);
    let limit = format!("{}", 1.5 * of_one);
    let args = ["cv", "experiment.toml", "--out", "run", "--memory", &limit];
    let run = two_ranks(&bench, &args);
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(
        !run.status.success() && stderr.contains("each of the 2 processes on this machine takes"),
        "{stderr}"
    );
    assert!(!bench.path("run").exists(), "nothing is written before the checks are passed");
    assert_success(&bench.mis(&args));
}
