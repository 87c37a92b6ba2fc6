//! What a folder holds.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Names in a folder, sorted; hidden ones are left out. A folder that is not there is an error of one line.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    ensure!(folder.exists(), "expected a folder at {}, found nothing", folder.display());
    ensure!(folder.is_dir(), "expected a folder at {}, found a file", folder.display());
    let listed = || -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    };
    listed().with_context(|| format!("cannot list {}", folder.display()))
}
