//! What a scan's file name says.

use std::path::Path;

/// A file's name without the ending of a scan: `.nii`, `.nii.gz`, or that of a picture; none where it has another.
pub(crate) fn without_ending(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let strip = |ending: &str| {
        let at = name.len().checked_sub(ending.len())?;
        let (stem, found) = name.split_at_checked(at)?;
        found.eq_ignore_ascii_case(ending).then_some(stem)
    };
    let stem = [".nii.gz", ".nii"].into_iter().chain(crate::picture::ENDINGS).find_map(strip);
    stem.filter(|stem| !stem.is_empty())
}

/// Case and channel of a name that ends in nnU-Net's four digits, such as `case_0001`.
pub(crate) fn case_and_channel(stem: &str) -> Option<(&str, usize)> {
    let (case, digits) = stem.rsplit_once('_')?;
    let is_channel =
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !case.is_empty();
    is_channel.then(|| Some((case, digits.parse().ok()?))).flatten()
}
