//! A scan with its expert labels.

use std::fmt;

use ndarray::{Array3, Array4};
use serde::{Deserialize, Serialize};

use crate::interpolation::Fill;
use crate::{GeometryMismatch, LabelMap, PatchLocation, Volume};

/// The name of a case, such as `case_00042`. Data sets are sorted by it, never hashed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleId(pub String);

impl fmt::Display for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for SampleId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// A scan and, where an expert drew them, its labels on the same lattice.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The case's name.
    pub id: SampleId,
    /// The scan.
    pub image: Volume,
    /// The expert's labels; none where the scan is to be predicted.
    pub labels: Option<LabelMap>,
}

impl Sample {
    /// Says where the labels do not lie on the image's lattice.
    pub fn check_geometry(&self) -> Result<(), GeometryMismatch> {
        match &self.labels {
            Some(labels) => self.image.geometry().check_same(&labels.geometry()),
            None => Ok(()),
        }
    }

    /// A copy of one box of the sample. Outside the image each channel takes its smallest value (air in a CT, the
    /// lowest z-score after normalization), labels are background.
    #[must_use]
    pub fn cut(&self, at: &PatchLocation) -> Self {
        self.cut_filled(at, Fill::Minimum, 0)
    }

    /// As [`cut`](Self::cut), with these values of the image and the labels outside.
    #[must_use]
    pub fn cut_filled(&self, at: &PatchLocation, fill: Fill, label: u8) -> Self {
        let affine = self.image.affine().moved(at.start.map(|v| v as f64), [1.0; 3]);
        let [i, j, k] = at.shape;
        let mut values = vec![0.0; self.image.n_channels() * at.n_voxels()];
        self.image.cut_into(at, fill, &mut values);
        let image = Array4::from_shape_vec((self.image.n_channels(), i, j, k), values);
        let image = image.expect("one value per channel and voxel");
        let labels = self.labels.as_ref().map(|labels| {
            let mut cut = vec![0; at.n_voxels()];
            labels.cut_into(at, label, &mut cut);
            let data = Array3::from_shape_vec(at.shape, cut).expect("one label per voxel");
            LabelMap::new(data, affine).expect("a patch holds voxels")
        });
        Self { id: self.id.clone(), image: Volume::new(image, affine).expect("a patch holds voxels"), labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Affine;

    fn ramp(shape: [usize; 3]) -> Sample {
        let [i, j, k] = shape;
        let affine = Affine::from_spacing([1.0, 2.0, 3.0]);
        let image = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| (100 * i + 10 * j + k) as f32);
        let labels = Array3::from_shape_fn(shape, |(i, j, k)| 1 + ((i + j + k) % 3) as u8);
        Sample {
            id: "ramp".into(),
            image: Volume::new(image, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        }
    }

    #[test]
    fn a_patch_holds_the_voxels_of_its_box_and_lies_where_they_lay() {
        let patch = ramp([4, 5, 6]).cut(&PatchLocation { start: [1, 2, 3], shape: [2, 2, 3] });
        assert_eq!(patch.image.as_slice()[..4], [123.0, 124.0, 125.0, 133.0]);
        assert_eq!(patch.image.affine().origin(), [1.0, 4.0, 9.0]);
        assert_eq!(patch.check_geometry(), Ok(()));
    }

    #[test]
    fn outside_the_scan_a_patch_is_the_smallest_value_and_background() {
        let sample = ramp([4, 5, 6]);
        let patch = sample.cut(&PatchLocation { start: [-1, -2, -3], shape: [6, 9, 12] });
        let labels = patch.labels.unwrap();
        for ((index, &label), &value) in labels.data().indexed_iter().zip(patch.image.as_slice()) {
            let at = [index.0 as isize - 1, index.1 as isize - 2, index.2 as isize - 3];
            let inside = (0..3).all(|axis| 0 <= at[axis] && at[axis] < [4, 5, 6][axis]);
            assert_eq!(label != 0, inside, "label at {at:?}");
            assert_eq!(value, if inside { (100 * at[0] + 10 * at[1] + at[2]) as f32 } else { 0.0 });
        }
    }

    #[test]
    fn a_patch_beside_the_scan_is_all_outside() {
        let patch = ramp([4, 5, 6]).cut(&PatchLocation { start: [0, 0, 7], shape: [2, 2, 2] });
        assert!(patch.labels.unwrap().as_slice().iter().all(|&label| label == 0));
    }
}
