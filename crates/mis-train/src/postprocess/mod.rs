//! Steps on predicted label maps.

mod components;
mod fill_holes;
mod keep_largest;
mod remove_small;

use std::sync::Arc;

use anyhow::{Result, ensure};
use mis_core::{LabelMap, Postprocess};
use serde::{Deserialize, Serialize};

pub use components::Of;
pub use fill_holes::FillHoles;
pub use keep_largest::KeepLargest;
pub use mis_core::Connectivity;
pub use remove_small::RemoveSmall;

/// The steps after prediction that an experiment file can name, or your own in Rust.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum AnyPostprocess {
    /// One connected part of each class.
    KeepLargest(KeepLargest),
    /// No connected part below a volume.
    RemoveSmall(RemoveSmall),
    /// No background inside of a class.
    FillHoles(FillHoles),
    /// A step of your own; a file cannot name it.
    #[serde(skip)]
    Custom(Arc<dyn Postprocess>),
}
mis_core::named_choice!(AnyPostprocess);

impl AnyPostprocess {
    /// Says which value cannot be; a step of your own is not looked into.
    pub fn check(&self) -> Result<()> {
        if let Self::RemoveSmall(RemoveSmall { below, .. }) = self {
            ensure!(below.is_finite() && *below > 0.0, "remove-small: below must be positive, got {below}");
        }
        Ok(())
    }
}

impl Postprocess for AnyPostprocess {
    fn apply(&self, labels: LabelMap) -> LabelMap {
        match self {
            Self::KeepLargest(step) => step.apply(labels),
            Self::RemoveSmall(step) => step.apply(labels),
            Self::FillHoles(step) => step.apply(labels),
            Self::Custom(step) => step.apply(labels),
        }
    }
}

macro_rules! from_step {
    ($($step:ident),*) => {$(
        impl From<$step> for AnyPostprocess {
            fn from(step: $step) -> Self {
                Self::$step(step)
            }
        }
    )*};
}
from_step!(KeepLargest, RemoveSmall, FillHoles);

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;
    use mis_core::ndarray::Array3;

    /// A picture, a digit a voxel, on voxels of 1 × 2 × 3 mm.
    fn picture(rows: &[&str]) -> LabelMap {
        let digits = rows.iter().flat_map(|row| row.bytes().map(|digit| digit - b'0')).collect();
        let data = Array3::from_shape_vec((rows.len(), rows[0].len(), 1), digits).unwrap();
        LabelMap::new(data, Affine::from_spacing([1.0, 2.0, 3.0])).unwrap()
    }

    #[track_caller]
    fn check(step: impl Into<AnyPostprocess>, rows: &[&str], expected: &[&str]) {
        let found = step.into().apply(picture(rows));
        let found: Vec<String> = found
            .as_slice()
            .chunks(rows[0].len())
            .map(|row| row.iter().map(u8::to_string).collect())
            .collect();
        assert_eq!(found, expected);
    }

    const SPECKS: [&str; 4] = ["1100020", "1100002", "0010000", "2220001"];

    #[test]
    fn the_largest_part_of_each_class_or_of_the_foreground_stays() {
        check(KeepLargest::default(), &SPECKS, &["1100000", "1100000", "0010000", "2220000"]);
        let faces = KeepLargest { connectivity: Connectivity::Faces, ..KeepLargest::default() };
        check(faces, &SPECKS, &["1100000", "1100000", "0000000", "2220000"]);
        let together = KeepLargest { of: Of::Foreground, ..KeepLargest::default() };
        check(together, &SPECKS, &["1100000", "1100000", "0010000", "2220000"]);
        let second = KeepLargest { of: Of::Classes(vec![2]), ..KeepLargest::default() };
        check(second, &SPECKS, &["1100000", "1100000", "0010000", "2220001"]);
    }

    #[test]
    fn parts_below_a_volume_go() {
        let below = |below| RemoveSmall { below, of: Of::EachClass, connectivity: Connectivity::Corners };
        check(below(6.0), &SPECKS, &SPECKS); // a voxel has 6 mm³
        check(below(6.1), &SPECKS, &["1100020", "1100002", "0010000", "2220000"]);
        check(below(12.1), &SPECKS, &["1100000", "1100000", "0010000", "2220000"]);
    }

    #[test]
    fn holes_take_the_class_around_them_and_what_is_open_stays() {
        check(
            FillHoles::default(),
            &["1111222", "1011202", "1111222", "0122200", "0120210"],
            &["1111222", "1111222", "1111222", "0122200", "0120210"],
        );
        // A hole between two classes takes the one with more faces; the label inside a hole is none of it.
        check(FillHoles::default(), &["11112", "10302", "11112"], &["11112", "11312", "11112"]);
    }

    #[test]
    fn a_file_names_steps() {
        let found: Vec<AnyPostprocess> = serde_json::from_str(
            r#"["keep-largest", {"remove-small": {"below": 30, "of": {"classes": [2]}}}, "fill-holes"]"#,
        )
        .unwrap();
        assert_eq!(
            serde_json::to_string(&found).unwrap(),
            r#"[{"keep-largest":{"of":"each-class","connectivity":"corners"}},{"remove-small":{"below":30.0,"of":{"classes":[2]},"connectivity":"corners"}},{"fill-holes":{}}]"#
        );
    }
}
