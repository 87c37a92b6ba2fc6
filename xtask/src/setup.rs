//! `cargo xtask setup`: brings the libtorch that tch needs, and points the workspace to it.

mod cache;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{self, cargo, find_program, users_libtorch, workspace};

/// The one version tch 0.26 works with.
const VERSION: &str = "2.13.0";

/// Brings libtorch 2.13.0 into the cache of the user and points the workspace's `.libtorch` to it.
///
/// A libtorch named by LIBTORCH, or by LIBTORCH_USE_PYTORCH=1, is used as it is. Else the PyPI wheel of torch is
/// downloaded once (about 530 MB, 450 MB on disk) into $XDG_CACHE_HOME/mis, which other clones share. All other
/// commands that need libtorch do this first. Safe to break off and to repeat.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Take the build with CUDA and NVIDIA's libraries (several GB); the workspace keeps it until a plain `setup`
    #[arg(long)]
    cuda: bool,
}

/// Which build of libtorch.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Build {
    Cpu,
    Cuda,
}

impl Build {
    /// Where the cache keeps it.
    fn home(self, cache: &Path) -> PathBuf {
        match self {
            Self::Cpu => cache.join(format!("libtorch-{VERSION}-cpu")),
            Self::Cuda => cache.join(format!("libtorch-{VERSION}-cuda")),
        }
    }

    /// The folder with `lib` and `include`.
    fn libtorch(self, cache: &Path) -> PathBuf {
        match self {
            Self::Cpu => self.home(cache),
            Self::Cuda => self.home(cache).join("torch"),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let folder = set_up(Some(if args.cuda { Build::Cuda } else { Build::Cpu }))?;
    eprintln!("libtorch {VERSION} is in {}", folder.display());
    Ok(())
}

/// Sets up what the workspace uses already, or else the build for the CPU; silent when there is nothing to do.
pub(crate) fn ensure() -> Result<()> {
    set_up(None).map(drop)
}

/// Finds fault with the machine before any time is spent on it.
pub(crate) fn check_system() -> Result<()> {
    check_compiler()?;
    if users_folder()?.is_some() || cache::is_whole(&linked_build(&cache::folder()?).home(&cache::folder()?))
    {
        return Ok(());
    }
    wheel::check_pip()
}

fn set_up(wanted: Option<Build>) -> Result<PathBuf> {
    check_compiler()?;
    let link = workspace().join(".libtorch");
    if let Some(folder) = users_folder()? {
        if !(folder.is_absolute() && folder.is_dir()) {
            bail!("LIBTORCH is {}: expected the absolute path of a folder", folder.display());
        }
        check_version(&folder)?;
        if !is_real_folder(&link) {
            point(&link, &folder)?;
        }
        return Ok(folder);
    }
    let cache = cache::folder()?;
    let build = wanted.unwrap_or_else(|| linked_build(&cache));
    cache::fill(&build.home(&cache), |temp, into| wheel::unpack(build, temp, into))?;
    let folder = build.libtorch(&cache);
    point(&link, &folder)?;
    Ok(folder)
}

/// The libtorch the user chose: by `LIBTORCH_USE_PYTORCH`, by `LIBTORCH`, or as a folder in the place of the link.
fn users_folder() -> Result<Option<PathBuf>> {
    if std::env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        return python_torch().map(Some);
    }
    let in_place = workspace().join(".libtorch");
    Ok(users_libtorch().or_else(|| is_real_folder(&in_place).then_some(in_place)))
}

/// The folder of the torch that Python imports; which Python is torch-sys's rule.
fn python_torch() -> Result<PathBuf> {
    let python = if std::env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let script = "import os, torch; print(os.path.dirname(torch.__file__))";
    let output = Command::new(python).args(["-c", script]).output();
    let output =
        output.with_context(|| format!("LIBTORCH_USE_PYTORCH is set, but {python} does not start"))?;
    if !output.status.success() {
        bail!(
            "LIBTORCH_USE_PYTORCH is set, but {python} cannot import torch: {}",
            wheel::last_line(&output.stderr)
        );
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Compares the version that libtorch (`build-version`) or a wheel (`version.py`) states with the one tch needs.
fn check_version(folder: &Path) -> Result<()> {
    if std::env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_some() {
        return Ok(());
    }
    let stated = ["build-version", "version.py"].map(|file| fs::read_to_string(folder.join(file)));
    let Some(text) = stated.iter().flatten().next() else {
        bail!(
            "the libtorch {} has no build-version: expected the folder of libtorch {VERSION} (unset LIBTORCH to have \
             it brought, or set LIBTORCH_BYPASS_VERSION_CHECK=1)",
            folder.display()
        );
    };
    let version = version_in(text);
    if version != VERSION {
        bail!(
            "the libtorch {} is {version}, expected {VERSION}: unset LIBTORCH to have it brought",
            folder.display()
        );
    }
    Ok(())
}

/// The version without its build: `2.13.0` of `2.13.0+cpu`, or of `__version__ = '2.13.0+cu130'` in a module.
fn version_in(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("__version__")).unwrap_or(text);
    let value = line.rsplit('=').next().unwrap_or(line).trim().trim_matches(['\'', '"']);
    value.split('+').next().unwrap_or(value)
}

fn check_compiler() -> Result<()> {
    if std::env::var_os("CXX").is_some() || find_program(&["c++"]).is_some() {
        return Ok(());
    }
    match find_program(&["g++", "clang++"]) {
        Some(compiler) => bail!("there is no c++ on the PATH, but {compiler} is: set CXX={compiler}"),
        None => bail!(
            "a C++ compiler is missing: install one (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++; \
             macOS: xcode-select --install)"
        ),
    }
}

/// The build that the workspace uses now.
fn linked_build(cache: &Path) -> Build {
    let target = fs::read_link(workspace().join(".libtorch")).ok();
    if target == Some(Build::Cuda.libtorch(cache)) { Build::Cuda } else { Build::Cpu }
}

fn is_real_folder(link: &Path) -> bool {
    fs::symlink_metadata(link).is_ok_and(|found| found.is_dir())
}

/// Makes `link` lead to `folder`, in one step.
fn point(link: &Path, folder: &Path) -> Result<()> {
    let before = fs::read_link(link).ok();
    if before.as_deref() == Some(folder) {
        return Ok(());
    }
    let beside = tempfile::Builder::new()
        .prefix(".libtorch-")
        .make_in(link.parent().unwrap_or(Path::new(".")), |path| symlink(folder, path))
        .context("cannot make a link in the workspace")?;
    fs::rename(beside.path(), link).with_context(|| format!("cannot make {} a link", link.display()))?;
    // It has its new name by now: there is nothing left to delete.
    std::mem::forget(beside.into_temp_path());
    if before.is_some() {
        // Cargo compares the name `.libtorch`, not what is behind it, and would go on with the libraries of before.
        command::run(&mut cargo(["clean", "--quiet", "--package", "torch-sys"]))?;
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(folder: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(folder, link)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("setup knows Linux and macOS: set LIBTORCH to a libtorch 2.13.0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_and_without_its_build() {
        assert_eq!(version_in("2.13.0\n"), "2.13.0");
        assert_eq!(version_in("2.13.0+cpu\n"), "2.13.0");
        assert_eq!(
            version_in("from typing import Optional\n__version__ = '2.12.1+cu130'\ndebug = False\n"),
            "2.12.1"
        );
    }

    #[test]
    fn a_folder_without_a_version_is_refused_with_the_mend() {
        let folder = tempfile::tempdir().unwrap();
        let error = check_version(folder.path()).unwrap_err().to_string();
        assert!(error.contains("has no build-version") && error.contains("unset LIBTORCH"), "{error}");
    }

    #[test]
    fn another_version_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("build-version"), "2.12.0+cpu").unwrap();
        let error = check_version(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is 2.12.0, expected 2.13.0"), "{error}");
    }
}
