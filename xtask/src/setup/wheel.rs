//! Downloads torch's wheel with pip and takes out of it what a Rust program links.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Build, VERSION};
use crate::command::find_program;

/// NVIDIA's profiler and runtime: the one wheel of torch for Linux, made for CUDA, needs them even on the CPU.
const NVIDIA: [&str; 2] = ["nvidia-cuda-cupti==13.0.*", "nvidia-cuda-runtime==13.0.*"];

/// Fills `into` with a build of libtorch; wheels go to `temp`.
pub(super) fn unpack(build: Build, temp: &Path, into: &Path) -> Result<()> {
    let platforms = platforms(OS, ARCH)?;
    if build == Build::Cuda && OS != "linux" {
        bail!("torch has no CUDA build for {OS}: run setup without --cuda");
    }
    check_pip()?;
    match build {
        Build::Cpu => unpack_cpu(&platforms, temp, into),
        Build::Cuda => install_cuda(&platforms, temp, into),
    }
}

/// One clear line if pip cannot be started.
pub(super) fn check_pip() -> Result<()> {
    if find_program(&["python3"]).is_none() {
        bail!(
            "python3 is missing: install it (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip)"
        );
    }
    let output =
        Command::new("python3").args(["-m", "pip", "--version"]).output().context("cannot start python3")?;
    if !output.status.success() {
        bail!(
            "python3 has no pip: install it (Debian, Ubuntu: apt install python3-pip; else python3 -m ensurepip): {}",
            last_line(&output.stderr)
        );
    }
    Ok(())
}

/// The last line that says something; of pip's, the last error.
pub(super) fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines().rfind(|line| line.starts_with("ERROR:")).or_else(|| lines().next_back());
    last.unwrap_or("no message").to_owned()
}

/// The wheel tags of a machine.
fn platforms(os: &str, arch: &str) -> Result<Vec<String>> {
    match (os, arch) {
        // Pip takes a glibc by its number alone: an older one, which would do, has to be named too.
        ("linux", "x86_64" | "aarch64") => {
            let numbered = (17..=28).rev().map(|minor| format!("manylinux_2_{minor}_{arch}"));
            Ok(numbered.chain([format!("manylinux2014_{arch}")]).collect())
        }
        ("macos", "aarch64") => Ok(vec!["macosx_14_0_arm64".to_owned()]),
        _ => bail!("torch {VERSION} has no wheel for {os} on {arch}: set LIBTORCH to a libtorch {VERSION}"),
    }
}

fn unpack_cpu(platforms: &[String], temp: &Path, into: &Path) -> Result<()> {
    eprintln!("downloading torch {VERSION} (up to 530 MB, once)");
    let wheels = temp.join("wheels");
    let mut download = pip("download", platforms, temp);
    download.arg("--no-deps").arg("--dest").arg(&wheels).arg(format!("torch=={VERSION}"));
    if OS == "linux" {
        download.args(NVIDIA);
    }
    run_pip(&mut download)?;

    eprintln!("unpacking libtorch");
    let script = include_str!("extract.py");
    let output = Command::new("python3").args(["-c", script]).arg(&wheels).arg(into).output()?;
    if !output.status.success() {
        bail!("cannot unpack the wheels: {}", last_line(&output.stderr));
    }
    if OS == "linux" {
        // The wheel's own libtorch.so asks for libtorch_cuda.so.
        fs::write(into.join("lib/libtorch.so"), "INPUT(-ltorch_cpu)\n")?;
    }
    fs::write(into.join("build-version"), format!("{VERSION}\n"))?;
    check_files(into)
}

/// Installs into a plain folder instead of a virtual environment: it needs no venv module, does not depend on the
/// local Python's version, and can be renamed when it is whole.
fn install_cuda(platforms: &[String], temp: &Path, into: &Path) -> Result<()> {
    eprintln!("downloading torch {VERSION} with CUDA (several GB, once)");
    let mut install = pip("install", platforms, temp);
    run_pip(install.arg("--no-compile").arg("--target").arg(into).arg(format!("torch=={VERSION}")))?;
    fs::write(into.join("torch/build-version"), format!("{VERSION}\n"))?;
    check_files(&into.join("torch"))
}

fn check_files(libtorch: &Path) -> Result<()> {
    let ending = if OS == "macos" { "dylib" } else { "so" };
    let library = |name: &str| format!("lib/lib{name}.{ending}");
    let mut files = vec![library("torch"), library("torch_cpu"), library("c10")];
    files.push("include/torch/csrc/api/include/torch/torch.h".to_owned());
    match files.iter().find(|file| !libtorch.join(file).is_file()) {
        Some(file) => bail!("the wheel of torch {VERSION} has no {file}"),
        None => Ok(()),
    }
}

/// Pip for the wheels of Python 3.11, whatever Python there is here: only the libraries in them count.
fn pip(verb: &str, platforms: &[String], temp: &Path) -> Command {
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        verb,
        "--only-binary=:all:",
        "--python-version",
        "3.11",
        "--implementation",
        "cp",
    ]);
    for platform in platforms {
        pip.args(["--platform", platform]);
    }
    // What is kept is the unpacked folder: pip's cache would double it.
    pip.args(["--no-cache-dir", "--no-input", "--disable-pip-version-check"]);
    if !io::stderr().is_terminal() {
        pip.arg("--quiet");
    }
    // There it is deleted together with a broken-off run's other files. And `--user` would contradict `--target`.
    pip.env("TMPDIR", temp).env("PIP_USER", "0");
    pip
}

fn run_pip(pip: &mut Command) -> Result<()> {
    // The progress bar, which pip writes to stdout, goes to the terminal.
    let child = pip.stdout(Stdio::from(io::stderr())).stderr(Stdio::piped()).spawn();
    let output = child.and_then(std::process::Child::wait_with_output).context("cannot start python3")?;
    if !output.status.success() {
        bail!(
            "pip could not bring torch {VERSION}, check the network and pip's index: {}",
            last_line(&output.stderr)
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_pips_messages_the_last_error_is_shown() {
        let stderr =
            b"WARNING: Retrying\nERROR: first\nERROR: No matching distribution found\n\n[notice] new pip\n";
        assert_eq!(last_line(stderr), "ERROR: No matching distribution found");
        assert_eq!(last_line(b"No module named pip\n"), "No module named pip");
    }

    #[test]
    fn linux_takes_wheels_of_older_glibcs_too() {
        let tags = platforms("linux", "x86_64").unwrap();
        for tag in [
            "manylinux_2_28_x86_64",
            "manylinux_2_25_x86_64",
            "manylinux_2_17_x86_64",
            "manylinux2014_x86_64",
        ] {
            assert!(tags.iter().any(|found| found == tag), "{tag}");
        }
    }

    #[test]
    fn a_machine_without_wheels_is_told_the_way_out() {
        let error = platforms("windows", "x86_64").unwrap_err().to_string();
        assert!(error.ends_with("set LIBTORCH to a libtorch 2.13.0"), "{error}");
    }
}
