//! Folders in the user's cache that are whole or not there.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Lists every file of a filled folder with its size, so that damage is seen without reading the files.
const CONTENTS: &str = "contents.txt";

/// `$XDG_CACHE_HOME/mis`, or `~/.cache/mis`.
pub(super) fn folder() -> Result<PathBuf> {
    // A relative path there is to be ignored, by the XDG specification.
    let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = match named {
        Some(cache) => cache,
        None => env::home_dir().context("no home folder: set XDG_CACHE_HOME")?.join(".cache"),
    };
    Ok(cache.join("mis"))
}

/// Whether all files are there in full length.
pub(super) fn is_whole(home: &Path) -> bool {
    let Ok(contents) = fs::read_to_string(home.join(CONTENTS)) else { return false };
    !contents.is_empty()
        && contents.lines().all(|line| {
            let Some((size, path)) = line.split_once(' ') else { return false };
            let found = fs::metadata(home.join(path));
            found.is_ok_and(|found| size.parse() == Ok(found.len()))
        })
}

/// Fills `home` if it is not whole: it appears at once when `make(temp, into)` has written all of it to `into`.
///
/// `temp` is on the same disk and for anything that is needed on the way. Of several runs one fills and the others
/// wait; what broken-off runs left behind is deleted.
pub(super) fn fill(home: &Path, make: impl FnOnce(&Path, &Path) -> Result<()>) -> Result<()> {
    if is_whole(home) {
        return Ok(());
    }
    let (Some(parent), Some(name)) = (home.parent(), home.file_name().and_then(|name| name.to_str())) else {
        bail!("{} cannot be a cache folder", home.display());
    };
    fs::create_dir_all(parent).with_context(|| format!("cannot create the cache {}", parent.display()))?;
    // The system frees the lock when its process ends, however it ends.
    let _lock = lock(&parent.join(format!("{name}.lock")))?;
    if is_whole(home) {
        return Ok(());
    }
    let prefix = format!("{name}.part-");
    remove_leftovers(parent, &prefix)?;
    let temp = tempfile::Builder::new()
        .prefix(&prefix)
        .tempdir_in(parent)
        .with_context(|| format!("cannot write to the cache {}", parent.display()))?;
    let into = temp.path().join("new");
    fs::create_dir(&into)?;
    make(temp.path(), &into)?;
    write_contents(&into)?;
    if fs::symlink_metadata(home).is_ok() {
        fs::rename(home, temp.path().join("old"))?;
    }
    fs::rename(&into, home).with_context(|| format!("cannot create {}", home.display()))?;
    temp.close().context("cannot delete the temporary files")
}

fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("waiting for another setup to end");
            file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    Ok(file)
}

/// Call only with the lock held: no other run is at work on these folders then.
fn remove_leftovers(parent: &Path, prefix: &str) -> Result<()> {
    let entries: Vec<_> = fs::read_dir(parent)?.collect::<Result<_, _>>()?;
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            eprintln!("deleting what a broken-off setup left behind");
            let trash = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
            // A child of the broken-off run may be at work yet: without its folder it fails, and writes nothing more.
            fs::rename(entry.path(), trash.path().join("left"))?;
            trash.close().with_context(|| format!("cannot delete {}", entry.path().display()))?;
        }
    }
    Ok(())
}

fn write_contents(home: &Path) -> Result<()> {
    let mut lines = Vec::new();
    list(home, home, &mut lines)?;
    lines.sort();
    Ok(fs::write(home.join(CONTENTS), lines.concat())?)
}

fn list(home: &Path, folder: &Path, lines: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let found = fs::metadata(&path)?;
        if found.is_dir() {
            list(home, &path, lines)?;
        } else {
            lines.push(format!("{} {}\n", found.len(), path.strip_prefix(home)?.display()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_with(home: &Path, text: &str) -> Result<()> {
        fill(home, |_, into| {
            fs::create_dir(into.join("lib"))?;
            Ok(fs::write(into.join("lib/a.so"), text)?)
        })
    }

    #[test]
    fn a_whole_folder_is_not_filled_again() {
        let cache = tempfile::tempdir().unwrap();
        let home = cache.path().join("x");
        fill_with(&home, "first").unwrap();
        fill_with(&home, "again").unwrap();
        assert_eq!(fs::read_to_string(home.join("lib/a.so")).unwrap(), "first");
    }

    #[test]
    fn a_missing_or_short_file_is_seen_and_mended() {
        let cache = tempfile::tempdir().unwrap();
        let home = cache.path().join("x");
        fill_with(&home, "first").unwrap();
        fs::remove_file(home.join("lib/a.so")).unwrap();
        fill_with(&home, "second").unwrap();
        fs::write(home.join("lib/a.so"), "sec").unwrap();
        assert!(!is_whole(&home));
        fill_with(&home, "third").unwrap();
        assert_eq!(fs::read_to_string(home.join("lib/a.so")).unwrap(), "third");
    }

    #[test]
    fn a_failure_leaves_nothing_but_the_lock() {
        let cache = tempfile::tempdir().unwrap();
        let home = cache.path().join("x");
        let failed = fill(&home, |_, into| {
            fs::write(into.join("half"), "half")?;
            bail!("no network")
        });
        assert_eq!(failed.unwrap_err().to_string(), "no network");
        let left: Vec<_> =
            fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["x.lock"]);
    }

    #[test]
    fn what_a_killed_run_left_behind_is_deleted() {
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join("x.part-123/wheels")).unwrap();
        fill_with(&cache.path().join("x"), "text").unwrap();
        assert!(!cache.path().join("x.part-123").exists());
    }
}
