//! What a scan's file name says.

use std::path::Path;

/// A file's name without `.nii` or `.nii.gz`; none where it has another ending.
pub(crate) fn without_ending(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".nii.gz").or_else(|| name.strip_suffix(".nii")).filter(|stem| !stem.is_empty())
}

/// Case and channel of a name that ends in nnU-Net's four digits, such as `case_0001`.
pub(crate) fn case_and_channel(stem: &str) -> Option<(&str, usize)> {
    let (case, digits) = stem.rsplit_once('_')?;
    let is_channel =
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !case.is_empty();
    is_channel.then(|| Some((case, digits.parse().ok()?))).flatten()
}
