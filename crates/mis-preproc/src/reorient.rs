//! To axes that run another way.

use anyhow::Result;
use mis_core::{Geometry, Orientation, Preprocess, Reorientation, Sample, Volume};
use serde::{Deserialize, Serialize};

use crate::undo::{Undo, check_shape};

/// Turns and flips axes so that they run as asked, such as to `"RAS"`: scans of one data set then lie alike, and i is
/// the same direction of the body in all of them.
///
/// Voxels move, none changes; oblique scans keep their obliquity. Inverted, axes are turned back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reorient {
    /// The directions that i, j and k run to afterwards.
    pub to: Orientation,
}

impl Reorient {
    fn turn(&self, before: &Geometry) -> Reorientation {
        Reorientation::between(Orientation::of(&before.affine), self.to)
    }

    /// The lattice after reorienting a scan on this one.
    #[must_use]
    pub fn lattice(&self, before: &Geometry) -> Geometry {
        self.turn(before).geometry(before)
    }

    pub(crate) fn undo(&self, before: &Geometry) -> Undo {
        let turn = self.turn(before);
        if turn.is_identity() {
            return Undo::Nothing;
        }
        Undo::Turn { back: turn.inverse(), after: turn.geometry(before).shape }
    }
}

impl Preprocess for Reorient {
    fn apply(&self, sample: Sample) -> Result<Sample> {
        let turn = self.turn(&sample.image.geometry());
        if turn.is_identity() {
            return Ok(sample);
        }
        let labels = sample.labels.map(|labels| turn.label_map(&labels));
        Ok(Sample { id: sample.id, image: turn.volume(&sample.image), labels })
    }

    fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
        check_shape(&probabilities, self.lattice(before).shape)?;
        self.undo(before).whole(probabilities, before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, LabelMap};
    use ndarray::{Array3, Array4};

    #[test]
    fn a_scan_of_slices_first_is_turned_and_turned_back() {
        let affine =
            Affine::new([[0., 0., -0.8, 5.], [0., -0.8, 0., 6.], [-3., 0., 0., 7.], [0., 0., 0., 1.]])
                .unwrap();
        let image = Array4::from_shape_fn((2, 3, 4, 5), |(c, i, j, k)| (60 * c + 20 * i + 5 * j + k) as f32);
        let labels = Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (i + 3 * j + k) as u8);
        let scan = Sample {
            id: "a".into(),
            image: Volume::new(image, affine).unwrap(),
            labels: Some(LabelMap::new(labels, affine).unwrap()),
        };
        let step = Reorient { to: Orientation::RAS };
        let turned = step.apply(scan.clone()).unwrap();
        assert_eq!(turned.image.shape(), [5, 4, 3]);
        assert_eq!(turned.check_geometry(), Ok(()));
        assert_eq!(Orientation::of(&turned.image.affine()), Orientation::RAS);
        // The first voxel of a scan that runs down, back and left is the last one that runs up, front and right.
        assert_eq!(turned.image.data()[(0, 4, 3, 2)], 0.0);
        assert_eq!(turned.labels.unwrap().data()[(0, 3, 2)], 4);
        assert_eq!(step.invert(turned.image, &scan.image.geometry()).unwrap(), scan.image);
    }
}
