//! The folds that nnU-Net makes.

use anyhow::Result;
use mis_core::SampleId;

use crate::Split;
use crate::splits::k_fold::{check_k, even_folds};
use crate::splits::numpy_random::NumpyRandom;
use crate::splits::split::{by_fold, sorted};

/// nnU-Net's five default folds for these cases, exactly: scikit-learn's `KFold(5, shuffle=True,
/// random_state=12345)` on the sorted ids.
pub fn nnunet_folds(ids: &[SampleId]) -> Result<Vec<Split>> {
    let ids = sorted(ids)?;
    check_k(5, ids.len(), "cases")?;
    let mut drawn: Vec<_> = ids.iter().collect();
    NumpyRandom::new(12345).shuffle(&mut drawn);
    Ok(by_fold(&ids, 5, &even_folds(&drawn, 5)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::split::tests::{cases, check_partition};
    use std::path::{Path, PathBuf};

    #[test]
    fn twelve_cases_fall_into_nnunets_folds() {
        let splits = nnunet_folds(&cases(12)).unwrap();
        check_partition(&splits, &cases(12));
        let validated: Vec<Vec<_>> =
            splits.iter().map(|split| split.validation.iter().map(|id| &id.0[5..]).collect()).collect();
        // np.array_split of arange(12) after RandomState(12345).shuffle, each part sorted.
        let expected: [&[&str]; 5] = [
            &["000", "003", "008"],
            &["007", "010", "011"],
            &["006", "009"],
            &["001", "004"],
            &["002", "005"],
        ];
        assert_eq!(validated, expected);
    }

    #[test]
    fn the_hippocampus_data_set_falls_into_the_folds_of_its_file() {
        let data = std::env::var_os("MIS_DATA").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            PathBuf::from,
        );
        let path = data.join("msd_hippocampus/splits_final.json");
        if !path.exists() {
            println!("skipped: {} is not there; MIS_DATA names the folder of real scans", path.display());
            return;
        }
        let expected = crate::read_splits(&path).unwrap();
        let mut ids = [expected[0].train.clone(), expected[0].validation.clone()].concat();
        ids.reverse();
        assert_eq!(nnunet_folds(&ids).unwrap(), expected);
    }
}
