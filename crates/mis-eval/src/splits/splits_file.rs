//! Splits in nnU-Net's file form.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use mis_core::write_atomically;

use crate::Split;

/// Reads splits in the form of nnU-Net's `splits_final.json`, `[{"train": […], "val": […]}, …]`, and checks each of
/// them; [`check_splits`](crate::check_splits) checks them against a data set. Ids are sorted.
pub fn read_splits(path: &Path) -> Result<Vec<Split>> {
    let read = || -> Result<Vec<Split>> {
        let mut splits: Vec<Split> = serde_json::from_str(&fs::read_to_string(path)?)
            .context(r#"expected splits as [{"train": [ids], "val": [ids]}, …]"#)?;
        ensure!(!splits.is_empty(), "expected at least one split, found none");
        for (fold, split) in splits.iter_mut().enumerate() {
            split.check().with_context(|| format!("fold {fold}"))?;
            split.train.sort();
            split.validation.sort();
        }
        Ok(splits)
    };
    read().with_context(|| format!("cannot read splits from {}", path.display()))
}

/// Writes splits in the form of nnU-Net's `splits_final.json`.
pub fn write_splits(path: &Path, splits: &[Split]) -> Result<()> {
    write_atomically(path, |file| {
        serde_json::to_writer_pretty(&mut *file, splits)?;
        Ok(writeln!(file)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k_fold;
    use crate::splits::split::tests::cases;

    #[test]
    fn splits_come_back_from_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("splits_final.json");
        let splits = k_fold(&cases(9), 3, 1).unwrap();
        write_splits(&path, &splits).unwrap();
        assert_eq!(read_splits(&path).unwrap(), splits);
        assert!(fs::read_to_string(&path).unwrap().contains("\"val\": ["));
    }

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("splits.json");
        fs::write(&path, text).unwrap();
        let error = format!("{:#}", read_splits(&path).unwrap_err());
        assert!(error.contains("splits.json: ") && error.contains(expected), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        check_error("[]", "found none");
        check_error(
            r#"[{"train": ["a"], "validation": ["b"]}]"#,
            "unknown field `validation`, expected `train` or `val` at line 1",
        );
        check_error(r#"[{"train": ["a"], "val": ["b", "a"]}]"#, "fold 0: a in train and in val");
    }
}
