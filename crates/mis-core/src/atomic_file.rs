//! Files that appear whole or not at all.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result};

/// What the names of files begin with that are being written: one that is left over was broken off.
pub const TEMPORARY_PREFIX: &str = ".mis-";

/// Writes a file under its name in one step: `write` fills a temporary file in the same folder, which is made if need
/// be; it is flushed to disk and renamed. Whatever fails on the way leaves the folder, and an older file of the name,
/// as they were.
pub fn write_atomically(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let attempt = || -> Result<()> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX);
        // As for any file a program makes: the temporary file's own mode would keep it from the user's group.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        let mut buffer = BufWriter::new(file.as_file_mut());
        write(&mut buffer)?;
        buffer.flush()?;
        drop(buffer);
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    attempt().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("scores.tsv");
        write_atomically(&path, |file| Ok(file.write_all(b"old")?)).unwrap();
        let error = write_atomically(&path, |file| {
            file.write_all(b"half")?;
            anyhow::bail!("disk full")
        });
        assert!(format!("{:#}", error.unwrap_err()).ends_with("scores.tsv: disk full"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
