//! A folder of stored files that several programs may use at once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mis_core::TEMPORARY_PREFIX;

/// A folder of stored files. As long as it is held, others know that files may be under way in it.
#[derive(Debug)]
pub(crate) struct StoreFolder {
    path: PathBuf,
    /// Holds a shared lock, which ends with the program, however it ends.
    _in_use: File,
}

impl StoreFolder {
    /// Makes the folder if need be, and removes what a program that was killed has left half written.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let open = || {
            fs::create_dir_all(path)?;
            let lock = File::options().create(true).truncate(false).write(true).open(path.join(".lock"))?;
            if lock.try_lock().is_ok() {
                // Nobody else is here: what is under way belongs to nobody.
                remove_half_written(path)?;
                lock.unlock()?;
            }
            lock.lock_shared()?;
            Ok(Self { path: path.to_owned(), _in_use: lock })
        };
        let opened: Result<Self> = open();
        opened.with_context(|| format!("cannot store in {}", path.display()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn remove_half_written(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_written_files_are_removed_once_nobody_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let first = StoreFolder::open(folder.path()).unwrap();
        let half = folder.path().join(format!("{TEMPORARY_PREFIX}abc"));
        fs::write(&half, "half").unwrap();
        fs::write(folder.path().join("whole.mis"), "whole").unwrap();
        let second = StoreFolder::open(folder.path()).unwrap();
        assert!(half.exists(), "the first is still at work");
        drop((first, second));
        StoreFolder::open(folder.path()).unwrap();
        assert!(!half.exists() && folder.path().join("whole.mis").exists());
    }
}
