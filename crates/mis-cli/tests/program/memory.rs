//! What a dry run says of memory, held against what a run takes.

#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use crate::bench::{Bench, assert_success, command};

/// Bytes that a dry run says a command takes.
#[track_caller]
pub(crate) fn forecast(bench: &Bench, args: &[&str]) -> f64 {
    let output = bench.mis(&[args, &["--dry-run"]].concat());
    assert_success(&output);
    let text = String::from_utf8(output.stdout).unwrap();
    let memory = text.split("memory: up to ").nth(1).unwrap();
    let mut words = memory.split_whitespace();
    let number: f64 = words.next().unwrap().parse().unwrap();
    number * if words.next() == Some("GiB") { 1073741824.0 } else { 1048576.0 }
}

/// The most memory that a command holds: the kernel's `VmHWM` of its process, until it ends.
#[track_caller]
fn measured(bench: &Bench, args: &[&str]) -> f64 {
    let mut child = command(args).current_dir(bench.folder.path()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: Option<f64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kib.unwrap_or(0.0) * 1024.0);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    peak
}

/// A forecast is a bound, and no more than two and a half times what is taken: a run that is refused for want of memory
/// would not have had much left.
#[track_caller]
#[expect(clippy::print_stderr, reason = "the figures, for those who run it with --nocapture")]
fn check(what: &str, forecast: f64, measured: f64) {
    let ratio = forecast / measured;
    eprintln!("{what}: forecast {:.2} GB, measured {:.2} GB: {ratio:.2}", forecast / 1e9, measured / 1e9);
    assert!((1.0..=2.5).contains(&ratio), "{what}: forecast {forecast}, measured {measured}: {ratio:.2}");
}

fn bench(model: &str, patches: &str, batch_size: usize) -> Bench {
    let bench = Bench::new();
    bench.replace("unet = { depth = 2, base-channels = 4, norm = \"instance\" }", model);
    bench.replace("size = [8, 16, 16]\noverlap = [4, 8, 8]", patches);
    bench.replace(
        "epochs = 3\nsteps-per-epoch = 4",
        &format!("epochs = 2\nsteps-per-epoch = 2\nbatch-size = {batch_size}"),
    );
    bench.replace("folds = { k-fold = 2 }", "folds = { hold-out = 0.25 }");
    for case in 0..4 {
        bench.write_case(case, [48 + case, 96, 80]);
    }
    bench
}

#[test]
fn a_training_takes_what_was_forecast() {
    for (model, patches, batch_size) in [
        ("unet = { depth = 3, base-channels = 16, norm = \"instance\" }", "size = [32, 64, 64]", 2),
        ("plain-conv-unet = { features = [16, 32, 64, 128] }", "size = [48, 48, 48]", 3),
        ("unet = { depth = 4, base-channels = 32, norm = \"batch\" }", "size = [32, 32, 32]", 1),
    ] {
        let bench = bench(model, patches, batch_size);
        let args = ["cv", "experiment.toml"];
        let forecast = forecast(&bench, &args);
        check(model, forecast, measured(&bench, &[&args[..], &["--out", "run"]].concat()));
    }
}

#[test]
fn a_prediction_takes_what_was_forecast() {
    let bench = bench(
        "unet = { depth = 3, base-channels = 16, norm = \"instance\" }",
        "size = [32, 64, 64]\noverlap = [8, 16, 16]",
        1,
    );
    assert_success(&bench.mis(&["train", "experiment.toml", "--out", "run"]));
    for (shape, n) in [([48, 96, 80], 2), ([160, 320, 300], 1)] {
        for case in 0..n {
            bench.write_case(10 + case, shape);
        }
        let scans = bench.path("scans");
        fs::create_dir_all(&scans).unwrap();
        for case in 0..n {
            fs::rename(bench.image(10 + case), scans.join(format!("scan_{case}.nii.gz"))).unwrap();
        }
        let args = ["predict", "run", "scans"];
        let forecast = forecast(&bench, &args);
        check(
            &format!("{n} scans of {shape:?}"),
            forecast,
            measured(&bench, &[&args[..], &["--out", "out"]].concat()),
        );
        fs::remove_dir_all(scans).unwrap();
        fs::remove_dir_all(bench.path("out")).unwrap();
    }
}
