//! The program `bench-kits`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn bench_kits(out: &Path, args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bench-kits"));
    program.args(args).arg("--out").arg(out).output().unwrap()
}

#[test]
fn a_run_leaves_a_record_with_the_papers_table_and_what_makes_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let args = ["--preset", "quick", "--folds", "0", "--threads", "1", "--device", "cpu"];
    let output = bench_kits(&run, &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let record = fs::read_to_string(run.join("bench-kits.md")).unwrap();
    for part in [
        "# bench-kits, preset quick",
        "| loss | ",
        "| Dice, kidney | | mean ",
        "![](plots/loss.svg)",
        "![](plots/scores.svg)",
        "| cases, folds | 3, 1 |",
        "| predictions sha-256 | ",
        "to the bit",
    ] {
        assert!(record.contains(part), "{part} is not in\n{record}");
    }
    for plot in ["plots/loss.svg", "plots/scores.svg"] {
        assert!(run.join(plot).is_file(), "{plot}");
    }
    // Taken up again, the finished fold is not trained anew, and the record is the same.
    let again = bench_kits(&run, &[&args[..], &["--resume"]].concat());
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(fs::read_to_string(run.join("bench-kits.md")).unwrap(), record);
}

#[test]
fn folds_on_several_devices_are_joined_in_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let args = ["--preset", "quick", "--folds", "0,2", "--threads", "1", "--devices", "cpu,cpu"];
    let output = bench_kits(&run, &args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    for row in ["\nfold 0 ", "\nfold 2 ", "\nall "] {
        assert!(table.contains(row), "expected {row:?} in {table}");
    }
    let record = fs::read_to_string(run.join("bench-kits.md")).unwrap();
    assert!(record.contains("| cases, folds | 5, 2 |"), "{record}");
}

#[test]
fn data_that_are_missing_or_not_complete_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let data = data.to_str().unwrap();
    for (args, expected) in [
        (vec!["--preset", "paper"], "expected --data with KiTS19"),
        (
            vec!["--preset", "paper", "--data", data],
            "imaging.nii.gz of 120 cases, the first of them case_00000",
        ),
        (vec!["--preset", "simulated", "--data", data], "expected folders with segmentation.nii.gz"),
    ] {
        let output = bench_kits(&run, &args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{said}");
        assert!(!run.exists());
    }
}
