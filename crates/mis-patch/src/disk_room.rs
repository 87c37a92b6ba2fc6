//! Whether there is room for what is to be stored.

use std::fmt;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Error, Result, ensure};

/// Room on a disk for what is to be stored, in bytes. Its text is `3.0 GiB of the 80.1 GiB that are free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskRoom {
    /// What is to be stored.
    pub needed: u64,
    /// What is free.
    pub free: u64,
}

impl DiskRoom {
    /// Asks the disk of a folder; an error says that there is not enough, before anything is written.
    pub fn ask(folder: &Path, needed: u64) -> Result<Self> {
        let disk = rustix::fs::statvfs(folder)
            .with_context(|| format!("cannot ask how much room is left in {}", folder.display()))?;
        let room = Self { needed, free: disk.f_bavail.saturating_mul(disk.f_frsize) };
        room.check(folder)?;
        Ok(room)
    }

    fn check(self, folder: &Path) -> Result<()> {
        ensure!(
            self.needed <= self.free,
            "{} are to be stored in {}, and {} are free: make room, or name a folder on another disk",
            size(self.needed),
            folder.display(),
            size(self.free)
        );
        Ok(())
    }
}

impl fmt::Display for DiskRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the {} that are free", size(self.needed), size(self.free))
    }
}

/// Says of a write that failed for want of room how much it needs.
pub(crate) fn explain_full_disk(error: Error, bytes: u64) -> Error {
    let is_full = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded));
    if is_full {
        error.context(format!("the disk is full: {} more are to be stored", size(bytes)))
    } else {
        error
    }
}

/// A number of bytes in the largest unit of which there is one: `3.2 GiB`.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, f64); 3] =
        [("GiB", (1_u64 << 30) as f64), ("MiB", (1_u64 << 20) as f64), ("KiB", 1024.0)];
    match UNITS.iter().find(|(_, unit)| bytes as f64 >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_room_is_told_with_both_numbers() {
        let room = DiskRoom { needed: 3 << 30, free: 5 << 20 };
        let error = room.check(Path::new("cache")).unwrap_err().to_string();
        let expected = "3.0 GiB are to be stored in cache, and 5.0 MiB are free: make room, or name a folder on \
                        another disk";
        assert_eq!(error, expected);
        assert!(DiskRoom::ask(&std::env::temp_dir(), 1).unwrap().free > 1);
        assert!(DiskRoom::ask(&std::env::temp_dir(), u64::MAX).is_err());
        assert_eq!(room.to_string(), "3.0 GiB of the 5.0 MiB that are free");
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let explained = |kind: io::ErrorKind| {
            format!(
                "{:#}",
                explain_full_disk(Error::from(io::Error::from(kind)).context("cannot write x"), 2048)
            )
        };
        let full = explained(io::ErrorKind::StorageFull);
        assert!(
            full.starts_with("the disk is full: 2.0 KiB more are to be stored: cannot write x: "),
            "{full}"
        );
        assert!(explained(io::ErrorKind::PermissionDenied).starts_with("cannot write x"));
    }
}
