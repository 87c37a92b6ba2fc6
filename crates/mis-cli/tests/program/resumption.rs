//! Runs that are stopped, killed, or find no room.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{Bench, assert_success, command};

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
