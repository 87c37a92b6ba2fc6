//! Whether the cases of the paper's experiment are all there.

use std::path::Path;

use anyhow::{Result, bail};

/// Training cases of KiTS19.
const N_KITS19: usize = 210;
/// Cases that the paper's notebook leaves out as suspicious.
const SUSPICIOUS: [usize; 6] = [15, 23, 37, 68, 125, 133];
/// Cases that the paper takes of the others.
const N_PAPER: usize = 120;

/// The names of the 120 cases that the paper takes of KiTS19's 210.
pub fn papers_cases() -> Vec<String> {
    let left = (0..N_KITS19).filter(|case| !SUSPICIOUS.contains(case));
    left.take(N_PAPER).map(|case| format!("case_{case:05}")).collect()
}

/// Refuses a folder that lacks one of them, so that no other 120 cases take their place without a word.
pub fn check_complete(data: &Path) -> Result<()> {
    let cases = papers_cases();
    let lacks = |file: &str| -> Vec<&str> {
        let lacking = cases.iter().filter(|case| !data.join(case).join(file).is_file());
        lacking.map(String::as_str).collect()
    };
    let mut problems = Vec::new();
    for file in ["imaging.nii.gz", "segmentation.nii.gz"] {
        let lacking = lacks(file);
        if let Some(first) = lacking.first() {
            problems.push(format!("{file} of {} cases, the first of them {first}", lacking.len()));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!(
        "expected KiTS19's {N_PAPER} cases of the paper in {}, found none of {}: bring them by the repository \
         neheller/kits19, whose starter_code.get_imaging fetches the images, or take --preset simulated with the masks \
         alone",
        data.display(),
        problems.join(", and of ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_papers_cases_are_120_without_the_suspicious_ones() {
        let cases = papers_cases();
        assert_eq!((cases.len(), cases[0].as_str(), cases[119].as_str()), (120, "case_00000", "case_00123"));
        assert!(SUSPICIOUS.iter().all(|case| !cases.contains(&format!("case_{case:05}"))));
    }

    #[test]
    fn a_missing_file_is_counted_and_named() {
        let folder = tempfile::tempdir().unwrap();
        for case in papers_cases() {
            fs::create_dir(folder.path().join(&case)).unwrap();
            for file in ["imaging.nii.gz", "segmentation.nii.gz"] {
                fs::write(folder.path().join(&case).join(file), b"").unwrap();
            }
        }
        check_complete(folder.path()).unwrap();
        fs::remove_file(folder.path().join("case_00042/imaging.nii.gz")).unwrap();
        let error = check_complete(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("found none of imaging.nii.gz of 1 cases, the first of them case_00042:"),
            "{error}"
        );
    }
}
